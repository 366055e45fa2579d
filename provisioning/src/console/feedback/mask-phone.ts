/** `0912 345 678` becomes `0912 ••• ••8`: enough to tell two apart, not enough to call. */
export function maskPhone(phone: string): string {
  const digits = [...phone].filter((letter) => /\d/.test(letter)).length;
  let seen = 0;
  return [...phone]
    .map((letter) => {
      if (!/\d/.test(letter)) return letter;
      seen += 1;
      return seen <= 4 || seen === digits ? letter : '•';
    })
    .join('');
}
