/** Colours for the query language, token by token; enough to read by, the server knows the grammar. */
import { HighlightStyle, StreamLanguage, syntaxHighlighting, type StringStream } from "@codemirror/language";
import { tags } from "@lezer/highlight";

const KEYWORDS = /^(as|by|nodrop|field|in|and|or|not|on|from|with|row|column|multi|asc|desc|all|matches|where|is|like|auto|keys|values|timeshift)$/i;
const TWO_WORDS = /^(parse|compare|timeslice|lookup|count|top|json|csv|xml|keyvalue|split)$/i;

interface State {
  atOperator: boolean;
  quote: string;
  comment: boolean;
  second: boolean;
  /** Before the first pipe. */
  scope: boolean;
}

function inside(stream: StringStream, state: State): string {
  while (!stream.eol()) {
    const c = stream.next();
    if (c === "\\") stream.next();
    else if (c === state.quote) {
      state.quote = "";
      break;
    }
  }
  return "string";
}

function word(stream: StringStream, state: State, text: string): string | null {
  if (state.atOperator) {
    state.atOperator = false;
    state.second = TWO_WORDS.test(text);
    return stream.match(/\s*\(/, false) && /^(if|num|concat)$/i.test(text) ? "function" : "operator";
  }
  const second = state.second;
  state.second = false;
  if (second && /^(regex|xml|anchor|nodrop|with)$/i.test(text)) return text.toLowerCase() === "regex" ? "operator" : "keyword";
  if (KEYWORDS.test(text)) return "keyword";
  if (stream.match(/\s*\(/, false)) return "function";
  return /^_\w+/.test(text) && stream.match(/\s*=/, false) ? "meta" : null;
}

const language = StreamLanguage.define<State>({
  name: "sumo",
  startState: () => ({ atOperator: false, quote: "", comment: false, second: false, scope: true }),
  token(stream, state) {
    if (state.comment) {
      if (stream.skipTo("*/")) {
        stream.match("*/");
        state.comment = false;
      } else stream.skipToEnd();
      return "comment";
    }
    if (state.quote) return inside(stream, state);
    if (stream.eatSpace()) return null;
    // As the server has it: in the scope /var/log/* and https://x are values, later only what follows a colon is one.
    const before = stream.string[stream.pos - 1] ?? " ";
    const begins = state.scope ? /[\s()"!]/.test(before) : before !== ":";
    if (begins && stream.match("//")) {
      stream.skipToEnd();
      return "comment";
    }
    if (begins && stream.match("/*")) {
      state.comment = true;
      return "comment";
    }
    if (stream.match("{{")) {
      stream.match(/[^}]*\}\}/);
      return "variable";
    }
    const quote = stream.eat(/["']/);
    if (quote) {
      state.quote = quote;
      return inside(stream, state);
    }
    if (stream.eat("|")) {
      state.atOperator = true;
      state.scope = false;
      return "punctuation";
    }
    if (stream.match(/^-?\d+(\.\d+)?[smhdw]?\b/)) return "number";
    const found = stream.match(/^[\w*@.-]*\w[\w*.-]*/) as RegExpMatchArray | null;
    if (found) return word(stream, state, found[0]);
    stream.next();
    return "punctuation";
  },
  tokenTable: {
    operator: tags.operatorKeyword, keyword: tags.keyword, string: tags.string, number: tags.number, comment: tags.comment,
    function: tags.function(tags.variableName), variable: tags.special(tags.variableName), meta: tags.meta, punctuation: tags.punctuation,
  },
  languageData: { commentTokens: { line: "//" } },
});

const style = HighlightStyle.define([
  { tag: tags.operatorKeyword, color: "var(--code-operator)", fontWeight: "600" },
  { tag: tags.keyword, color: "var(--code-keyword)" },
  { tag: tags.string, color: "var(--code-string)" },
  { tag: tags.number, color: "var(--code-number)" },
  { tag: tags.meta, color: "var(--code-number)" },
  { tag: tags.function(tags.variableName), color: "var(--code-function)" },
  { tag: tags.special(tags.variableName), color: "var(--code-variable)" },
  { tag: tags.comment, color: "var(--text-3)", fontStyle: "italic" },
  { tag: tags.punctuation, color: "var(--text-3)" },
]);

export const queryLanguage = [language, syntaxHighlighting(style)];
