// In tables, let long names break after an underscore: PLUGIN_OPERATOR_, LEADER_.
for (const code of document.querySelectorAll(".md-typeset td code")) {
  const parts = code.textContent.split(/(?<=_)(?=[^_])/);
  code.replaceChildren(...parts.flatMap((part, at) => (at ? [document.createElement("wbr"), part] : [part])));
}
