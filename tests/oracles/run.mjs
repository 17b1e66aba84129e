// One process for many questions: a line of JSON in, {"id", "do": "module.function", "with": {...}},
// a line of JSON out, {"id", "found"} or {"id", "error"}. A module is a file beside this one.
import {createInterface} from 'node:readline';

for await (const line of createInterface({input: process.stdin})) {
  const asked = JSON.parse(line);
  const [module, verb] = asked.do.split('.');
  let answer;
  try {
    const found = await (await import(`./${module}.mjs`))[verb](asked.with);
    answer = {id: asked.id, found: found ?? null};
  } catch(error) {
    answer = {id: asked.id, error: String(error?.message ?? error), details: why(error)};
  }
  process.stdout.write(JSON.stringify(answer) + '\n');
}

function why(error) {
  return (error?.errors ?? []).map(one => String(one?.message ?? one));
}
