using System.Text.RegularExpressions;
using Microsoft.Playwright;
using static Microsoft.Playwright.Assertions;

namespace ConnectionStateService.SystemTests.Console;

/// <summary>The console in one tab, as somebody finds their way in it: by what things are and what they are called. In English.</summary>
internal sealed class ConsolePage(IPage tab, Uri server, string merchantId)
{
    public IPage Tab => tab;

    public ILocator Main => tab.GetByRole(AriaRole.Main);

    /// <summary>The heading of the screen.</summary>
    public ILocator Title => tab.GetByRole(AriaRole.Heading, new() { Level = 1 });

    public ILocator Light => tab.GetByRole(AriaRole.Banner).GetByRole(AriaRole.Status);

    public ILocator Notices => tab.GetByRole(AriaRole.Status, new() { Name = "Notices" });

    public ILocator PageList => tab.GetByRole(AriaRole.List, new() { Name = "Page list" });

    /// <summary>What stands in the list, in its order.</summary>
    public ILocator PageNames => PageList.GetByRole(AriaRole.Heading);

    public ILocator LostNotice => tab.GetByRole(AriaRole.Alertdialog);

    public ILocator Dialog => tab.GetByRole(AriaRole.Dialog);

    // Which item of a list is the current one has no role.
    public ILocator CurrentStep => Named(AriaRole.List, "Steps").Locator("[aria-current=step]");

    public ILocator Button(string name) => Named(AriaRole.Button, name);

    public ILocator Link(string name) => Named(AriaRole.Link, name);

    public ILocator Section(string name) => tab.GetByRole(AriaRole.Navigation, new() { Name = "Sections" })
        .GetByRole(AriaRole.Link, new() { NameRegex = new Regex($"^{Regex.Escape(name)}") });

    /// <summary>A button that chooses what comes next, or a page that can be chosen: its name begins with what it is called.</summary>
    public ILocator Choice(string name) => tab.GetByRole(AriaRole.Button, new() { NameRegex = new Regex($"^{Regex.Escape(name)}") });

    public ILocator Candidate(string name) => tab.GetByRole(AriaRole.Radio, new() { NameRegex = new Regex($"^{Regex.Escape(name)} ") });

    public ILocator Row(string pageName) =>
        PageList.GetByRole(AriaRole.Listitem).Filter(new() { Has = Link($"Open inbox: {pageName}") });

    /// <summary>The inbox of a page.</summary>
    public ILocator Inbox(string pageName) => Named(AriaRole.Region, pageName);

    public Task OpenAsync(string screen) => tab.GotoAsync(new Uri(server, $"/m/{merchantId}/{screen}").ToString());

    public Task ShowsAsync(string text) => Expect(Main).ToContainTextAsync(text);

    public Task OpenStartAsync() => tab.GotoAsync(server.ToString());

    /// <summary>Waits until the list has these pages, in this order.</summary>
    public Task ListsAsync(params string[] names) => Expect(PageNames).ToHaveTextAsync(names);

    public Task ListsInStateAsync(string name, string state) =>
        Expect(Row(name).GetByText(state, new() { Exact = true })).ToBeVisibleAsync();

    public Task IsAtStepAsync(string step) => Expect(CurrentStep).ToHaveTextAsync(step);

    public Task IsAtInboxOfAsync(string name) => Expect(Inbox(name)).ToBeVisibleAsync();

    public Task SaysAsync(string notice) => Expect(Notices).ToContainTextAsync(notice);

    public Task IsCalledAsync(string heading) => Expect(tab).ToHaveTitleAsync($"{heading} · ConnectionState");

    /// <summary>Reading goes on at the heading, and the tab is called after it.</summary>
    public async Task BeginsAtAsync(string heading)
    {
        await Expect(Title).ToHaveTextAsync(heading);
        await Expect(Title).ToBeFocusedAsync();
        await IsCalledAsync(heading);
    }

    /// <summary>Plays the provider's sign-in page.</summary>
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

    public async Task UnderstandAsync() => await LostNotice.GetByRole(AriaRole.Button, new() { Name = "Understood" }).ClickAsync();

    /// <summary>Does something on the desk that is done to one page.</summary>
    public Task DoAsync(string deed, string pageName) => Button($"{deed}: {pageName}").ClickAsync();

    /// <summary>Renews a page's token on the desk.</summary>
    public async Task LetTokenEndAfterAsync(string lifetime, string pageName)
    {
        await tab.GetByRole(AriaRole.Listitem).Filter(new() { Has = Button($"Renew the token: {pageName}") })
            .GetByRole(AriaRole.Combobox).SelectOptionAsync(lifetime);
        await DoAsync("Renew the token", pageName);
        await SaysAsync("Done: Renew the token");
    }

    /// <summary>
    /// Where the tab is and what it shows, as assistive technology is told: without times, which move, and without the provider's
    /// window, in which everybody types their own.
    /// </summary>
    public async Task<string> ShownAsync()
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
