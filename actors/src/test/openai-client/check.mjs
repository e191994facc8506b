// What somebody does with the official client; any difference ends the process with an error. BASE_URL and VIDEO come from the environment.
import assert from 'node:assert/strict';
import OpenAI, { AuthenticationError, BadRequestError, NotFoundError, PermissionDeniedError, RateLimitError } from 'openai';

const client = new OpenAI({ baseURL: process.env.BASE_URL, apiKey: process.env.API_KEY, maxRetries: 0 });
const ask = (content, more = {}) =>
  client.chat.completions.create({ model: 'longreel-fake', messages: [{ role: 'user', content }], ...more });

// Models.
const models = [];
for await (const model of client.models.list()) models.push(model.id);
assert.deepEqual(models, ['longreel-fake']);
assert.equal((await client.models.retrieve('longreel-fake')).object, 'model');

// A whole answer.
const whole = await ask('Tell me more', { temperature: 0, max_tokens: 5, seed: 1 });
assert.equal(whole.choices[0].message.content, 'Tell me more');
assert.equal(whole.choices[0].finish_reason, 'stop');
assert.deepEqual(whole.usage, {
  prompt_tokens: 11,
  completion_tokens: 3,
  total_tokens: 14,
  prompt_tokens_details: { cached_tokens: 4 },
});
assert.ok(whole._request_id);

// A streamed one, by the plain iterator.
let text = '';
let usage;
for await (const chunk of await ask('Tell me more', { stream: true, stream_options: { include_usage: true } })) {
  text += chunk.choices[0]?.delta?.content ?? '';
  usage = chunk.usage ?? usage;
}
assert.equal(text, 'Tell me more');
assert.equal(usage.total_tokens, 14);

// And by the helper that puts an answer together.
const stream = client.chat.completions.stream({
  model: 'longreel-fake',
  messages: [{ role: 'user', content: 'long' }],
});
const final = await stream.finalChatCompletion();
assert.equal(final.choices[0].message.content, 'long');
assert.equal(final.choices[0].finish_reason, 'length');

// A video by its file, an image by its bytes.
const png = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]).toString('base64');
const media = await ask([
  { type: 'video_url', video_url: { url: `file://${process.env.VIDEO}` } },
  { type: 'image_url', image_url: { url: `data:image/png;base64,${png}` } },
  { type: 'text', text: 'media' },
]);
assert.match(media.choices[0].message.content, /^VIDEO 14 .*; IMAGE 8 /);

// Errors have the classes that the client has for them.
const { BASE_URL } = process.env;
const stranger = new OpenAI({ baseURL: BASE_URL, apiKey: 'sk-wrong', maxRetries: 0 });
await assert.rejects(stranger.models.list(), AuthenticationError);
await assert.rejects(client.models.retrieve('other'), NotFoundError);
await assert.rejects(ask('x', { n: 2 }), (e) => e instanceof BadRequestError && e.param === 'n');
await assert.rejects(
  ask('too long for the context: tokens=9 context=8'),
  (e) => e instanceof BadRequestError && e.code === 'context_length_exceeded' && /tokens=9/.test(e.message),
);
await assert.rejects(
  ask([{ type: 'video_url', video_url: { url: 'file:///etc/passwd' } }]),
  (e) => e instanceof PermissionDeniedError && e.param === 'messages[0].content[0].video_url',
);
await assert.rejects(async () => {
  for await (const chunk of await ask('break', { stream: true })) void chunk;
}, /a rank is gone/);

// Whoever stops reading frees the only place for the next one.
const endless = await ask('hang', { stream: true });
await assert.rejects(ask('x'), (e) => e instanceof RateLimitError && e.headers.get('retry-after') === '1');
endless.controller.abort();
const patient = new OpenAI({ baseURL: BASE_URL, apiKey: process.env.API_KEY, maxRetries: 5 });
const next = await patient.chat.completions.create({
  model: 'longreel-fake',
  messages: [{ role: 'user', content: 'next' }],
});
assert.equal(next.choices[0].message.content, 'next');
console.log('the official client is content');
