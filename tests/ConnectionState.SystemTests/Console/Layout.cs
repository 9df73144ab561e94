using Microsoft.Playwright;

namespace ConnectionStateService.SystemTests.Console;

/// <summary>Finds texts that cannot be read: squeezed into a column of a few letters, cut off, or beyond the part that they belong to.</summary>
internal static class Layout
{
    private const string Script = """
        () => {
          const findings = [];
          const nodes = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
          const measure = document.createElement('canvas').getContext('2d');
          for (let node = nodes.nextNode(); node; node = nodes.nextNode()) {
            const text = node.textContent.trim();
            const parent = node.parentElement;
            if (text.length < 8 || parent.closest('.visually-hidden, .skip, [aria-hidden], select, script, noscript, svg') || !parent.checkVisibility()) continue;
            const range = document.createRange();
            range.selectNodeContents(node);
            const boxes = [...range.getClientRects()];
            const width = Math.max(...boxes.map((box) => box.right)) - Math.min(...boxes.map((box) => box.left));
            const style = getComputedStyle(parent);
            if (style.clipPath === 'inset(50%)') continue;
            if (boxes.length > Math.max(2, text.split(/\s+/).length) && width < 8 * 0.45 * parseFloat(style.fontSize)) findings.push(`squeezed: ${text}`);
            for (let box = parent; box && box !== document.body; box = box.parentElement) {
              const { overflowX } = getComputedStyle(box);
              if (['hidden', 'clip'].includes(overflowX) && box.scrollWidth > box.clientWidth + 1) findings.push(`cut off: ${text}`);
              if (overflowX !== 'visible') break;
            }
          }
          for (const select of document.querySelectorAll('select')) {
            if (!select.checkVisibility()) continue;
            const style = getComputedStyle(select);
            measure.font = style.font;
            const room = select.clientWidth - parseFloat(style.paddingLeft) - parseFloat(style.paddingRight);
            const text = select.selectedOptions[0]?.textContent ?? '';
            if (measure.measureText(text).width > room + 1) findings.push(`cut off in a select: ${text}`);
          }
          for (const table of document.querySelectorAll('table')) {
            const { right } = table.parentElement.getBoundingClientRect();
            if (table.checkVisibility() && !table.closest('.scroll') && table.getBoundingClientRect().right > right + 1) findings.push(`sticks out: ${table.textContent}`);
          }
          return findings;
        }
        """;

    public static Task<string[]> FindingsAsync(IPage tab) => tab.EvaluateAsync<string[]>(Script);
}
