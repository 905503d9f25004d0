/** Readers for the two streams Muster answers with. Both take decoded text in chunks of any size. */

/**
 * Server-sent events after the HTML standard: LF, CR and CRLF end a line (also when a chunk ends
 * between CR and LF), several data lines make one event, comments are skipped, an event that the end
 * of the stream cuts off is dropped.
 *
 * @param {(event: {event: string, data: string, id: string}) => void} onEvent
 */
export function sseReader(onEvent) {
  let partial = '';
  let afterCr = false;
  let data = [];
  let type = '';
  let lastId = '';

  function line(text) {
    if (text === '') {
      if (data.length > 0) onEvent({ event: type || 'message', data: data.join('\n'), id: lastId });
      data = [];
      type = '';
      return;
    }
    const colon = text.indexOf(':');
    if (colon === 0) return;
    const field = colon === -1 ? text : text.slice(0, colon);
    const rest = colon === -1 ? '' : text.slice(colon + 1);
    const value = rest.startsWith(' ') ? rest.slice(1) : rest;
    if (field === 'data') data.push(value);
    else if (field === 'event') type = value;
    else if (field === 'id' && !value.includes('\0')) lastId = value;
  }

  return {
    push(chunk) {
      if (chunk === '') return;
      let start = afterCr && chunk[0] === '\n' ? 1 : 0;
      afterCr = chunk.endsWith('\r');
      const ends = /\r\n|\n|\r/g;
      ends.lastIndex = start;
      for (let m = ends.exec(chunk); m; m = ends.exec(chunk)) {
        line(partial + chunk.slice(start, m.index));
        partial = '';
        start = ends.lastIndex;
      }
      partial += chunk.slice(start);
    },
    end() {
      partial = '';
      data = [];
    },
  };
}

/**
 * Newline-delimited JSON. Lines are handed over as text; blank ones are skipped, and the last needs
 * no newline.
 *
 * @param {(line: string) => void} onLine
 */
export function ndjsonReader(onLine) {
  let partial = '';
  const line = (text) => {
    if (text.trim() !== '') onLine(text);
  };
  return {
    push(chunk) {
      const lines = chunk.split('\n');
      lines[0] = partial + lines[0];
      partial = lines.pop();
      lines.forEach(line);
    },
    end() {
      line(partial);
      partial = '';
    },
  };
}

/** The media type alone, in lower case: `application/json` of `Application/JSON; charset=utf-8`. */
export function mediaType(contentType) {
  return (contentType ?? '').split(';')[0].trim().toLowerCase();
}
