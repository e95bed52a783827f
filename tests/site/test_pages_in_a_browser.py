"""Each page of the site in Chromium: at three widths nothing is cut off, and all text can be read in both schemes."""

from typing import Any

import pytest

from tests.site.chromium import Tab
from tests.site.conftest import pages

pytestmark = pytest.mark.asyncio(loop_scope="module")

#: A phone, a tablet, a laptop.
WIDTHS = (390, 768, 1440)
#: The contrast of text that WCAG 2.2 asks for at level AA: 4.5, and 3 for large text.
LEAST, LEAST_LARGE = 4.5, 3.0
#: Pages with a table that scrolls on a laptop as well, and why.
MAY_SCROLL = {"performance.html": "a column for each of nine frameworks"}
#: Those of docs/zensical.toml.
SCHEMES = ("default", "slate")

#: Colours change at once.
STILL = "document.head.insertAdjacentHTML('beforeend', '<style>* { transition: none !important }</style>')"

#: What makes the page wider than the window, or is cut off at its right edge. Tables and code may scroll by themselves.
TOO_WIDE = """(() => {
  const { clientWidth: width, scrollWidth } = document.documentElement;
  const found = scrollWidth > width ? [`the page is ${scrollWidth} wide`] : [];
  const scrolls = (element) => {
    for (let at = element; at; at = at.parentElement)
      if (["auto", "scroll"].includes(getComputedStyle(at).overflowX)) return true;
    return false;
  };
  for (const element of document.querySelectorAll("article *")) {
    const box = element.getBoundingClientRect();
    if (box.width && box.right > width + 1 && !scrolls(element))
      found.push(`${element.tagName} ends at ${Math.round(box.right)}: ${element.textContent.trim().slice(0, 40)}`);
  }
  return found.slice(0, 5);
})()"""

#: Tables that scroll although the window has room.
SCROLLING_TABLES = """[...document.querySelectorAll("article .md-typeset__scrollwrap")]
  .filter((wrap) => wrap.scrollWidth > wrap.clientWidth + 1)
  .map((wrap) => `${wrap.scrollWidth} of ${wrap.clientWidth}: ${wrap.textContent.trim().slice(0, 40)}`)"""

BROKEN_PICTURES = """Promise.all([...document.querySelectorAll("article img")].map(async (image) => {
  image.loading = "eager";
  await image.decode().catch(() => {});
  return image.naturalWidth ? null : image.src;
})).then((all) => all.filter(Boolean))"""

#: Text whose contrast with what is behind it is too low: the contrast and the text, once for each pair of colours.
FAINT = """((least, leastLarge) => {
  const context = new OffscreenCanvas(1, 1).getContext("2d", { willReadFrequently: true });
  const once = (make) => {
    const made = new Map();
    return (key) => made.get(key) ?? made.set(key, make(key)).get(key);
  };
  const rgba = once((text) => {
    context.clearRect(0, 0, 1, 1);
    context.fillStyle = text;
    context.fillRect(0, 0, 1, 1);
    const [r, g, b, a] = context.getImageData(0, 0, 1, 1).data;
    return [r, g, b, a / 255];
  });
  const over = (front, back) => front.slice(0, 3).map((each, at) => each * front[3] + back[at] * (1 - front[3]));
  const behind = once((element) => {
    const parent = element.parentElement ? behind(element.parentElement) : [255, 255, 255];
    return over(rgba(getComputedStyle(element).backgroundColor), parent);
  });
  const light = (color) => {
    const [r, g, b] = color.map((each) => (each /= 255) <= 0.04045 ? each / 12.92 : ((each + 0.055) / 1.055) ** 2.4);
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const found = {};
  const walker = document.createTreeWalker(document.querySelector("article"), NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const element = walker.currentNode.parentElement;
    if (!walker.currentNode.data.trim() || element.closest(".headerlink, style, script, [hidden]")) continue;
    const style = getComputedStyle(element);
    const back = behind(element);
    const front = over(rgba(style.color), back);
    const [high, low] = [light(front), light(back)].sort((a, b) => b - a);
    const contrast = (high + 0.05) / (low + 0.05);
    const size = parseFloat(style.fontSize);
    const isLarge = size >= 24 || (size >= 18.66 && parseInt(style.fontWeight) >= 700);
    if (contrast < (isLarge ? leastLarge : least))
      found[`${front.map(Math.round)} on ${back.map(Math.round)}`] =
        `${contrast.toFixed(2)}: ${element.className} ${walker.currentNode.data.trim().slice(0, 30)}`;
  }
  return found;
})"""


@pytest.mark.parametrize("page", pages())
async def test_a_page_is_whole_at_three_widths_and_readable_in_both_schemes(tab: Tab, address: str, page: str) -> None:
    await tab.open(f"{address}/{page}")
    await tab.evaluate(STILL)
    faults: dict[str, Any] = {}
    for width in WIDTHS:
        await tab.look(width)
        faults[f"{width} wide"] = await tab.evaluate(TOO_WIDE)
    if page not in MAY_SCROLL:
        faults["tables that scroll"] = await tab.evaluate(SCROLLING_TABLES)
    faults["pictures that are not there"] = await tab.evaluate(BROKEN_PICTURES)
    for scheme in SCHEMES:
        await tab.evaluate(f"document.body.dataset.mdColorScheme = {scheme!r}")
        faults[f"text too faint, {scheme}"] = await tab.evaluate(f"{FAINT}({LEAST}, {LEAST_LARGE})")

    assert {what: found for what, found in faults.items() if found} == {}
    assert tab.errors == []
