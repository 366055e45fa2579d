/** /v1/enrolment: asking for a code and polling for the grant. protocol/enrolment.ts is the contract. */
import { EnrolmentPoll, EnrolmentRequest } from '@tramhoc/protocol/enrolment';
import type { FastifyInstance } from 'fastify';
import type { z } from 'zod';
import type { DeviceDesk } from './device-desk.ts';

const maxBodyBytes = 4 * 1024;

export function enrolmentRoutes(app: FastifyInstance, desk: DeviceDesk): void {
  app.post<{ Body: EnrolmentRequest }>('/v1/enrolment', { schema: { body: EnrolmentRequest }, bodyLimit: maxBodyBytes }, (request, reply) =>
    reply.send(desk.start(request.body, request.ip)),
  );
  app.post<{ Body: z.infer<typeof EnrolmentPoll> }>(
    '/v1/enrolment/token',
    { schema: { body: EnrolmentPoll }, bodyLimit: maxBodyBytes },
    (request, reply) => {
      const answer = desk.poll(request.body.deviceCode);
      void reply.header('cache-control', 'no-store');
      return 'grant' in answer ? reply.send(answer.grant) : reply.code(400).send(answer);
    },
  );
}
