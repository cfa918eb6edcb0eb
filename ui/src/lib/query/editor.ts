/** The query editor: CodeMirror with our colours and underlined problems. */
import { acceptCompletion, completionKeymap } from "@codemirror/autocomplete";
import { defaultKeymap, history, historyKeymap, toggleComment } from "@codemirror/commands";
import { setDiagnostics, type Diagnostic } from "@codemirror/lint";
import { EditorState } from "@codemirror/state";
import { EditorView, highlightActiveLine, keymap, lineNumbers } from "@codemirror/view";
import type { Problem } from "../api/types";
import { queryLanguage } from "./highlight";
import { assistance } from "./language";

const look = EditorView.theme({
  "&": { fontSize: "13px", maxHeight: "276px" },
  "&.cm-focused": { outline: "none" },
  ".cm-scroller": { fontFamily: "var(--mono)", fontVariantLigatures: "none", lineHeight: "22px" },
  ".cm-content": { padding: "8px 0", caretColor: "var(--text)" },
  ".cm-gutters": { background: "transparent", border: "0", color: "var(--text-3)", minWidth: "40px" },
  ".cm-lineNumbers .cm-gutterElement": { padding: "0 12px 0 16px" },
  ".cm-activeLine": { background: "var(--subtle)" },
  ".cm-selectionBackground, &.cm-focused .cm-selectionBackground": { background: "var(--accent-soft)" },
  "&.cm-focused > .cm-scroller > .cm-selectionLayer .cm-selectionBackground": { background: "var(--accent-edge)" },
  ".cm-lintRange-error, .cm-lintRange-warning": { backgroundImage: "none", paddingBottom: "0" },
  ".cm-lintRange-error": { textDecoration: "underline wavy 1.5px var(--high)", textUnderlineOffset: "4px" },
  ".cm-lintRange-warning": { textDecoration: "underline wavy 1.5px var(--medium)", textUnderlineOffset: "4px" },
  ".cm-tooltip.cm-tooltip-autocomplete > ul": { fontFamily: "var(--mono)", fontSize: "12px", maxHeight: "300px", width: "300px" },
  ".cm-tooltip.cm-tooltip-autocomplete > ul > li": { padding: "4px 10px", lineHeight: "18px", display: "flex", gap: "8px" },
  ".cm-tooltip-autocomplete ul li[aria-selected]": { background: "var(--accent-soft)", color: "var(--text)" },
  ".cm-completionMatchedText": { textDecoration: "none", fontWeight: "700" },
  ".cm-completionLabel": { flex: "1", overflow: "hidden", textOverflow: "ellipsis" },
  ".cm-completionDetail": { fontStyle: "normal", color: "var(--text-3)", marginLeft: "auto" },
  ".cm-completionInfo, .cm-tooltip-hover": { padding: "10px 12px", maxWidth: "340px", width: "340px" },
  ".word-card": { display: "grid", gap: "8px", fontFamily: "var(--sans)", lineHeight: "18px", maxWidth: "340px" },
  ".word-card code, .word-card pre": { fontSize: "12px", margin: "0", whiteSpace: "pre-wrap", overflowWrap: "anywhere" },
  ".word-card pre": { padding: "6px 8px", borderRadius: "4px", background: "var(--inset)" },
  ".cm-tooltip": { background: "var(--raised)", border: "1px solid var(--line-2)", borderRadius: "6px", color: "var(--text)" },
});

interface Hooks {
  onchange: (text: string) => void;
  onrun: () => void;
  onfix: () => boolean;
  onformat?: () => void;
}

export function createEditor(parent: HTMLElement, text: string, hooks: Hooks): EditorView {
  return new EditorView({
    parent,
    state: EditorState.create({
      doc: text,
      extensions: [
        lineNumbers(),
        history(),
        highlightActiveLine(),
        EditorView.lineWrapping,
        queryLanguage,
        assistance,
        look,
        keymap.of([
          { key: "Mod-Enter", run: () => (hooks.onrun(), true) },
          { key: "Alt-Enter", run: () => hooks.onfix() },
          { key: "Mod-/", run: toggleComment },
          { key: "Shift-Alt-f", run: () => (hooks.onformat?.(), !!hooks.onformat) },
          ...completionKeymap,
          { key: "Tab", run: acceptCompletion },
          ...defaultKeymap,
          ...historyKeymap,
        ]),
        EditorView.contentAttributes.of({ "aria-label": "Query", spellcheck: "false" }),
        EditorView.updateListener.of((update) => {
          if (update.docChanged) hooks.onchange(update.state.doc.toString());
        }),
      ],
    }),
  });
}

/** Underlines the problems; those without a place are shown in the strip only. */
export function showProblems(view: EditorView, problems: Problem[]) {
  const end = view.state.doc.length;
  const marks: Diagnostic[] = problems
    .filter((p) => p.span)
    .map((p) => {
      const from = Math.min(p.span!.start, Math.max(0, end - 1));
      return { from, to: Math.min(Math.max(p.span!.end, from + 1), end), severity: p.severity, message: p.message };
    });
  view.dispatch(setDiagnostics(view.state, marks));
}

export function setText(view: EditorView, text: string) {
  if (view.state.doc.toString() !== text) view.dispatch({ changes: { from: 0, to: view.state.doc.length, insert: text } });
}
