using System.Text.RegularExpressions;
using Microsoft.Playwright;
using static Microsoft.Playwright.Assertions;

namespace ConnectionStateService.SystemTests.Console;

/// <summary>Page object of the console in one tab. It finds elements by their ARIA role and English name.</summary>
internal sealed class ConsolePage(IPage tab, Uri server, string merchantId)
{
    public IPage Tab => tab;

    public ILocator Main => tab.GetByRole(AriaRole.Main);

    /// <summary>The heading of the screen.</summary>
    public ILocator Title => tab.GetByRole(AriaRole.Heading, new() { Level = 1 });

    public ILocator Light => tab.GetByRole(AriaRole.Banner).GetByRole(AriaRole.Status);

    public ILocator Notices => tab.GetByRole(AriaRole.Status, new() { Name = "Notices" });

    public ILocator PageList => tab.GetByRole(AriaRole.List, new() { Name = "Page list" });

    /// <summary>The names in the page list, in order.</summary>
    public ILocator PageNames => PageList.GetByRole(AriaRole.Heading);

    public ILocator LostNotice => tab.GetByRole(AriaRole.Alertdialog);

    public ILocator Dialog => tab.GetByRole(AriaRole.Dialog);

    // aria-current has no role to search by.
    public ILocator CurrentStep => Named(AriaRole.List, "Steps").Locator("[aria-current=step]");

    public ILocator Button(string name) => Named(AriaRole.Button, name);

    public ILocator Link(string name) => Named(AriaRole.Link, name);

    public ILocator Section(string name) => tab.GetByRole(AriaRole.Navigation, new() { Name = "Sections" })
        .GetByRole(AriaRole.Link, new() { NameRegex = new Regex($"^{Regex.Escape(name)}") });

    /// <summary>A button whose name begins with the given text.</summary>
    public ILocator Choice(string name) => tab.GetByRole(AriaRole.Button, new() { NameRegex = new Regex($"^{Regex.Escape(name)}") });

    public ILocator Candidate(string name) => tab.GetByRole(AriaRole.Radio, new() { NameRegex = new Regex($"^{Regex.Escape(name)} ") });

    public ILocator Row(string pageName) =>
        PageList.GetByRole(AriaRole.Listitem).Filter(new() { Has = Link($"Open inbox: {pageName}") });

    /// <summary>The inbox of a page.</summary>
    public ILocator Inbox(string pageName) => Named(AriaRole.Region, pageName);

    public Task OpenAsync(string screen) => tab.GotoAsync(new Uri(server, $"/m/{merchantId}/{screen}").ToString());

    public Task ShowsAsync(string text) => Expect(Main).ToContainTextAsync(text);

    public Task OpenStartAsync() => tab.GotoAsync(server.ToString());

    /// <summary>Opens the screen of operators; <paramref name="fragment"/> may have a token.</summary>
    public Task OpenFleetAsync(string fragment = "") => tab.GotoAsync(new Uri(server, $"/fleet{fragment}").ToString());

    /// <summary>Waits until the list has these pages, in this order.</summary>
    public Task ListsAsync(params string[] names) => Expect(PageNames).ToHaveTextAsync(names);

    public Task ListsInStateAsync(string name, string state) =>
        Expect(Row(name).GetByText(state, new() { Exact = true })).ToBeVisibleAsync();

    public Task IsAtStepAsync(string step) => Expect(CurrentStep).ToHaveTextAsync(step);

    public Task IsAtInboxOfAsync(string name) => Expect(Inbox(name)).ToBeVisibleAsync();

    public Task HasNoticeAsync(string notice) => Expect(Notices).ToContainTextAsync(notice);

    public Task HasTitleAsync(string heading) => Expect(tab).ToHaveTitleAsync($"{heading} · ConnectionState");

    /// <summary>Waits until the heading has the focus and the tab has its title.</summary>
    public async Task HasFocusedHeadingAsync(string heading)
    {
        await Expect(Title).ToHaveTextAsync(heading);
        await Expect(Title).ToBeFocusedAsync();
        await HasTitleAsync(heading);
    }

    /// <summary>Signs in on the simulated sign-in page of a provider.</summary>
    public async Task SignInAsync(string account, string provider)
    {
        await Named(AriaRole.Combobox, "Account").SelectOptionAsync(new SelectOptionValue { Label = account });
        await Button($"Sign in: {provider}").ClickAsync();
    }

    public async Task ChooseAsync(string pageName)
    {
        await Candidate(pageName).CheckAsync();
        await Button("Choose this page").ClickAsync();
    }

    public async Task AcknowledgeLossAsync() => await LostNotice.GetByRole(AriaRole.Button, new() { Name = "Understood" }).ClickAsync();

    /// <summary>Clicks the button with the given action for a page.</summary>
    public Task ClickForPageAsync(string deed, string pageName) => Button($"{deed}: {pageName}").ClickAsync();

    /// <summary>Clicks the action in the menu of a page in the list.</summary>
    public async Task ClickInMenuAsync(string deed, string pageName)
    {
        // A summary has no role that all browsers agree on.
        await Row(pageName).Locator("summary").ClickAsync();
        await ClickForPageAsync(deed, pageName);
    }

    /// <summary>Renews the token of a page on the provider desk.</summary>
    public async Task RenewTokenForAsync(string lifetime, string pageName)
    {
        await tab.GetByRole(AriaRole.Listitem).Filter(new() { Has = Button($"Renew the token: {pageName}") })
            .GetByRole(AriaRole.Combobox, new() { Name = "Token ends in" }).SelectOptionAsync(lifetime);
        await ClickForPageAsync("Renew the token", pageName);
        await HasNoticeAsync("Done: Renew the token");
    }

    /// <summary>
    /// The path and the accessibility tree of the screen, without times, which change, and without the simulated provider window, where
    /// each user has their own input.
    /// </summary>
    public async Task<string> SnapshotAsync()
    {
        var lines = (await Main.AriaSnapshotAsync()).Split('\n').Where(line => !line.TrimStart().StartsWith("- time", StringComparison.Ordinal));
        return $"{new Uri(tab.Url).AbsolutePath}\n{string.Join('\n', WithoutWindows(lines))}";
    }

    public ILocator Named(AriaRole role, string name) => tab.GetByRole(role, new() { Name = name, Exact = true });

    private static IEnumerable<string> WithoutWindows(IEnumerable<string> lines)
    {
        var window = int.MaxValue;
        foreach (var line in lines)
        {
            var depth = line.Length - line.TrimStart().Length;
            if (depth <= window)
            {
                window = line.Contains("(played here)\":", StringComparison.Ordinal) ? depth : int.MaxValue;
            }

            if (window == int.MaxValue)
            {
                yield return line;
            }
        }
    }
}
