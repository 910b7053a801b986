// Names the admin's search-and-choose fields by their labels: select2 leaves them without a name for screen readers.
const nameChoices = () => {
  for (const select of document.querySelectorAll("select.admin-autocomplete")) {
    const name = select.labels[0]?.textContent.trim().replace(/:$/, "");
    for (const part of select.parentElement.querySelectorAll(".select2-selection, .select2-selection__rendered")) {
      if (name) part.setAttribute("aria-label", name);
    }
  }
};
// After select2, which waits for the document by a timer of its own.
addEventListener("load", () => setTimeout(nameChoices));
