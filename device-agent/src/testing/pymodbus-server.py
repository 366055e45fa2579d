"""A Modbus server that others wrote (Debian: python3-pymodbus, python3-serial-asyncio), for tests.
usage: pymodbus-server.py tcp <port> | serial <path>, then the registers as JSON: {"input": {"1": 305}, "holding": {}}"""
import json
import sys

from pymodbus.datastore import ModbusServerContext, ModbusSlaveContext, ModbusSparseDataBlock
from pymodbus.framer.rtu_framer import ModbusRtuFramer
from pymodbus.server import StartSerialServer, StartTcpServer

bus, where, registers = sys.argv[1:4]


def block(table):
    words = {int(address): word for address, word in json.loads(registers).get(table, {}).items()}
    return ModbusSparseDataBlock(words or {65000: 0})


slave = ModbusSlaveContext(hr=block("holding"), ir=block("input"), zero_mode=True)
context = ModbusServerContext(slaves={1: slave}, single=False)
if bus == "tcp":
    StartTcpServer(context=context, address=("127.0.0.1", int(where)))
else:
    StartSerialServer(context=context, framer=ModbusRtuFramer, port=where, baudrate=9600, timeout=1)
