// The log of a did:webvh, by didwebvh-ts, with Node's own cryptography.
import {createPublicKey, verify} from 'node:crypto';
import {resolveDIDFromLog} from 'didwebvh-ts';

const HEAD = Buffer.from('302a300506032b6570032100', 'hex'); // of an Ed25519 key in DER

const verifier = {
  verify: async (signature, message, key) => verify(
    null, message,
    createPublicKey({key: Buffer.concat([HEAD, Buffer.from(key)]), format: 'der', type: 'spki'}),
    signature)
};

export const resolve = async ({log}) => {
  const found = await resolveDIDFromLog(log, {verifier});
  return {did: found.did, doc: found.doc, meta: found.meta};
};
