/** Laid beside the root key. */
export const rootKeyReadme = `# The root key

\`root-key.pem\` signs the device CA. Whoever has it can make certificates that every site of the department believes.

1. Copy \`root-key.pem\` to two encrypted USB sticks and lock them away in two places.
2. Check one copy: \`openssl pkey -in root-key.pem -noout\` prints nothing and succeeds.
3. Delete \`root-key.pem\` from this machine. The centre runs without it.

It is needed again once in five years, to make the next device CA (the centre warns 400 days ahead), or when the device CA's key was stolen.
`;
