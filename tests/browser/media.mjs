// Results that are opened at their own address: browsers show them, and run nothing of them.

import { setTimeout } from 'node:timers/promises';
import { equal, isTrue, test } from './harness.mjs';

/** The address of a result that is these bytes. */
async function resultOf(url, type, bytes) {
  const response = await fetch(`${url}/mirror`, { method: 'POST', headers: { 'Content-Type': type }, body: bytes });
  const id = (await response.json()).task_id;
  await fetch(`${url}/task/info/${id}`, { headers: { Prefer: 'wait=30' } });
  return `${url}/task/result/${id}`;
}

/** What a page tells as soon as that is something; listeners are no scripts that such pages run. */
async function told(page, look) {
  for (const end = Date.now() + 30_000; Date.now() < end; await setTimeout(50)) {
    const got = await page.evaluate(look).catch(() => null);
    if (got) return got;
  }
  throw new Error(`nothing is told by ${look}`);
}

/** A quarter of a second of silence. */
function wav() {
  const bytes = Buffer.alloc(44 + 4000);
  bytes.write('RIFF\0\0\0\0WAVEfmt ');
  bytes.writeUInt32LE(bytes.length - 8, 4);
  [[16, 16], [20, 0x10001], [24, 8000], [28, 16_000], [32, 0x100002], [40, 4000]].forEach(([at, value]) => bytes.writeUInt32LE(value, at));
  bytes.write('data', 36);
  return bytes;
}

/** A video that the browser makes itself. */
async function mp4(page) {
  return Buffer.from(await page.evaluate(async () => {
    const canvas = Object.assign(document.createElement('canvas'), { width: 64, height: 64 });
    const context = canvas.getContext('2d');
    const recorder = new MediaRecorder(canvas.captureStream(30), { mimeType: 'video/mp4;codecs=vp9' });
    const parts = [];
    recorder.ondataavailable = ({ data }) => parts.push(data);
    const stopped = new Promise((resolve) => { recorder.onstop = resolve; });
    recorder.start();
    for (let i = 0; i < 20; ++i) {
      context.fillStyle = `rgb(255, ${i * 10}, 0)`;
      context.fillRect(0, 0, 64, 64);
      await new Promise(requestAnimationFrame);
    }
    recorder.stop();
    await stopped;
    return [...new Uint8Array(await new Blob(parts).arrayBuffer())];
  }));
}

for (const [type, make] of [['audio/wav', wav], ['video/mp4', mp4]]) {
  test(`a result of ${type} is played to its end`, async ({ page, url }) => {
    await page.goto(url);
    const response = await page.goto(await resultOf(url, type, await make(page)));
    isTrue(/^sandbox (?!.*allow-scripts)/.test(response.headers()['content-security-policy']), 'scripts are not allowed');
    await told(page, () => document.querySelector('video').readyState === 4);
    await page.evaluate(() => {
      const player = document.querySelector('video');
      player.muted = true;
      player.play();
    });
    await told(page, () => document.querySelector('video').ended);
  });
}

test('a result of image/svg+xml is shown with its styles, and without its scripts', async ({ page, url }) => {
  await page.goto(await resultOf(url, 'image/svg+xml', `<svg xmlns="http://www.w3.org/2000/svg" onload="document.title='owned'">
    <style>rect { fill: rgb(1, 2, 3); }</style><rect width="9" height="9" style="stroke: rgb(4, 5, 6)"/>
    <image href="/task/list/mirror"/><script>document.title='owned'</script></svg>`));
  equal(await told(page, () => {
    const { fill, stroke } = getComputedStyle(document.querySelector('rect'));
    return `${fill} ${stroke}`;
  }), 'rgb(1, 2, 3) rgb(4, 5, 6)');
  equal(await page.evaluate(() => `${document.title} of ${self.origin}`), ' of null');
}, { allowed: /Blocked script|Content Security Policy/ });

test('a result of text/html runs nothing, and is not the server', async ({ page, url }) => {
  await page.goto(await resultOf(url, 'text/html', '<p>text<script>document.title="owned"</script><img src="/health" onerror="document.title=1">'));
  await page.getByText('text').waitFor();
  equal(await page.evaluate(() => `${document.title} of ${self.origin}`), ' of null');
}, { allowed: /Blocked script|Content Security Policy/ });

test('a result of application/pdf is shown', async ({ page, url, context }) => {
  const ruler = await context.newPage();
  await page.goto(await resultOf(url, 'application/pdf', `%PDF-1.4
1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj
2 0 obj<</Type/Pages/Kids[3 0 R]/Count 1>>endobj
3 0 obj<</Type/Page/Parent 2 0 R/MediaBox[0 0 200 200]/Contents 4 0 R>>endobj
4 0 obj<</Length 30>>stream
1 0 0 rg 0 0 200 200 re f     
endstream endobj
trailer<</Root 1 0 R>>
`));
  let isRed = false;
  for (const end = Date.now() + 30_000; Date.now() < end && !isRed; await setTimeout(100)) {
    isRed = await ruler.evaluate(async (picture) => {
      const image = Object.assign(new Image(), { src: picture });
      await image.decode();
      const context = Object.assign(document.createElement('canvas'), { width: image.width, height: image.height }).getContext('2d');
      context.drawImage(image, 0, 0);
      const { data } = context.getImageData(0, 0, image.width, image.height);
      for (let i = 0; i < data.length; i += 4) if (data[i] > 250 && data[i + 1] < 5 && data[i + 2] < 5) return true;
      return false;
    }, `data:image/png;base64,${(await page.screenshot()).toString('base64')}`);
  }
  isTrue(isRed, 'the red page is shown');
}, { allowed: /^a request to chrome(-extension)?:/ });
