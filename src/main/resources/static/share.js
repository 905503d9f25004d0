/** A batch in the address: `#preset=gather` or `#batch=<deflated, base64url>`, and `as=sse`. */

/** Browsers and chat tools cut longer links. */
const LINK_LIMIT = 16_000;
/** A link must not unpack to more than a gateway accepts. */
const TEXT_LIMIT = 2_000_000;

/** The hash of a batch, or undefined where the link would be too long. */
export async function toHash({ preset, text, mode }) {
  const params = new URLSearchParams();
  if (preset) {
    params.set('preset', preset);
  } else {
    const packed = new Blob([text]).stream().pipeThrough(new CompressionStream('deflate-raw'));
    const bytes = new Uint8Array(await new Response(packed).arrayBuffer());
    if (bytes.length * (4 / 3) > LINK_LIMIT) return undefined;
    let binary = '';
    for (const byte of bytes) binary += String.fromCharCode(byte);
    params.set('batch', btoa(binary).replaceAll('+', '-').replaceAll('/', '_').replace(/=+$/, ''));
  }
  params.set('as', mode);
  return `#${params}`;
}

/**
 * What a hash asks for: `{preset, text, mode, run}`; `text` is undefined where it is absent or broken.
 *
 * `run` counts for presets only. A link from elsewhere may fill the editor, but whether its calls are
 * sent, with the reader's credentials, is the reader's decision.
 */
export async function fromHash(hash) {
  const params = new URLSearchParams(hash.replace(/^#/, ''));
  const preset = params.get('preset') ?? undefined;
  const mode = params.get('as') ?? undefined;
  let text;
  if (params.has('batch')) {
    try {
      text = await unpack(params.get('batch'));
    } catch {
      text = undefined;
    }
  }
  return { preset, mode, text, run: params.has('run') && preset !== undefined };
}

async function unpack(encoded) {
  const binary = atob(encoded.replaceAll('-', '+').replaceAll('_', '/'));
  const bytes = Uint8Array.from(binary, (c) => c.charCodeAt(0));
  const reader = new Blob([bytes]).stream().pipeThrough(new DecompressionStream('deflate-raw')).getReader();
  const decoder = new TextDecoder();
  let text = '';
  for (let part = await reader.read(); !part.done; part = await reader.read()) {
    text += decoder.decode(part.value, { stream: true });
    if (text.length > TEXT_LIMIT) throw new RangeError('the batch in the link is too large');
  }
  return text + decoder.decode();
}
