// A client whose types come from the server's own document: calls a function, and reads a task.
import createClient from 'openapi-fetch';
import type { paths } from './schema.js';

declare const process: { argv: string[] };

const client = createClient<paths>({ baseUrl: process.argv[2] });

const sum = await client.POST('/addition/keep-connection', { body: { x: 3, y: 6 } });
// 200 has the number; 202, which this request does not ask for, a task.
const total: number | { task_id: string } | undefined = sum.data;
console.log(`sum ${total}`);

const started = await client.POST('/addition', { body: { x: 3, y: 6 } });
const id = started.data!.task_id;
const waited = await client.GET('/task/wait/{task_id}', { params: { path: { task_id: id } } });
console.log(`task ${waited.data!.function_name} ${waited.data!.status} ${waited.data!.result}`);

// @ts-expect-error: the document says that y is required
const refused = await client.POST('/addition/keep-connection', { body: { x: 3 } });
const why = refused.error;
console.log(`refused ${refused.response.status} ${typeof why === 'object' && 'error' in why && why.error}`);
