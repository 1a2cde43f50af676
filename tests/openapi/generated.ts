// A client that hey-api generated from the server's own document calls a function of each kind.
import { client } from './generated/client.gen';
import * as api from './generated/sdk.gen';

declare const process: { argv: string[] };

client.setConfig({ baseUrl: process.argv[2] });

const file = new File(['abc'], 'größe.txt', { type: 'text/plain' });
const corner = await api.callTurned({ body: { corner: [1, 2] } });
const shape = await api.callGrown({ body: { shape: { radius: 2 }, factor: 3 } });
const none = await api.callGrown({ body: { factor: 3 } });
const either = await api.callEither({ body: { value: 'text' } });
const next = await api.callNext({ body: { number: 41 } });
const listed = await api.callListed({ body: { files: [file, file], cover: file } });
const mirrored = await api.callMirrored({ body: { file }, parseAs: 'text' });
console.log(JSON.stringify([corner, shape, none, either, next, listed, mirrored].map((each) => each.data ?? each.error)));
