// Status lists of both kinds, by the libraries of SD-JWT and of Digital Bazaar.
import {StatusList} from '@sd-jwt/jwt-status-list';
import {checkStatus, createList} from '@digitalbazaar/vc-bitstring-status-list';
import {named} from '@digitalbazaar/credentials-context';

export const readTokenList = ({lst, bits, places}) => {
  const list = StatusList.decompressStatusList(lst, bits);
  return places.map(place => list.getStatus(place));
};

export const makeTokenList = ({size, bits, values}) => {
  const list = new StatusList(new Array(size).fill(0), bits);
  for(const [place, value] of values) {
    list.setStatus(place, value);
  }
  return list.compressStatusList();
};

export const makeBitstring = async ({length, places}) => {
  const list = await createList({length});
  places.forEach(place => list.setStatus(place, true));
  return list.encode();
};

// the signature of the list is another library's concern: here only what it says
export const check = ({credential, lists}) => checkStatus({
  credential,
  documentLoader: async url => ({document: lists[url] ?? named.get('v2').context}),
  suite: [],
  verifyBitstringStatusListCredential: false
}).then(({verified, results}) => ({verified, set: results.some(one => one.status)}));
