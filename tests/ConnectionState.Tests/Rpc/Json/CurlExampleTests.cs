using System.Net.Http.Headers;
using System.Text.Json;
using System.Text.RegularExpressions;
using ConnectionStateService.Tests.Support;
using ConnectionStateService.V1;

namespace ConnectionStateService.Tests.Rpc.Json;

/// <summary>The curl commands in the docs work, one after the other.</summary>
public sealed class CurlExampleTests
{
    private const string Address = "http://127.0.0.1:5080";

    [Theory]
    [InlineData("README.md", 2)]
    [InlineData("docs/http-json.md", 9)]
    public async Task Every_curl_command_of_the_docs_succeeds(string page, int least)
    {
        await using var service = await Service.StartAsync();
        using var http = service.NewHttpClient();
        var commands = CommandsIn(page);
        Assert.InRange(commands.Count, least, int.MaxValue);
        var session = "";

        foreach (var command in commands)
        {
            using var request = ToRequest(command.Replace("SESSION_ID", session, StringComparison.Ordinal));
            using var response = await http.SendAsync(request);
            var body = await response.Content.ReadAsStringAsync();

            Assert.True(response.IsSuccessStatusCode, $"{command}\n{(int)response.StatusCode} {body}");
            using var answer = JsonDocument.Parse(body);
            if (answer.RootElement.TryGetProperty("session", out var found))
            {
                session = found.GetProperty("sessionId").GetString()!;
            }
        }
    }

    [Fact]
    public async Task The_commands_of_the_docs_connect_a_page()
    {
        await using var service = await Service.StartAsync();
        using var http = service.NewHttpClient();
        var session = "";
        foreach (var command in CommandsIn("docs/http-json.md").TakeWhile(command => !command.Contains("/disconnect", StringComparison.Ordinal)))
        {
            using var request = ToRequest(command.Replace("SESSION_ID", session, StringComparison.Ordinal));
            using var response = await http.SendAsync(request);
            using var answer = JsonDocument.Parse(await response.Content.ReadAsStringAsync());
            session = answer.RootElement.TryGetProperty("session", out var found) ? found.GetProperty("sessionId").GetString()! : session;
        }

        var list = await service.Client.Pages.GetPageListAsync(new() { MerchantId = "shop-1" });
        Assert.Contains(list.PageList.Connections, connection => connection.GrantId.Length > 0 && connection.State != Connection.Types.State.Pending);
    }

    // A command may go on after a backslash.
    private static List<string> CommandsIn(string page) =>
    [
        .. Regex.Matches(Repository.Read(page), "^```\\w*\n(.*?)^```", RegexOptions.Singleline | RegexOptions.Multiline)
            .SelectMany(block => block.Groups[1].Value.Replace("\\\n", " ", StringComparison.Ordinal).Split('\n'))
            .Where(line => line.StartsWith("curl ", StringComparison.Ordinal)),
    ];

    private static HttpRequestMessage ToRequest(string command)
    {
        var words = Regex.Matches(command, @"'([^']*)'|""([^""]*)""|(\S+)").Select(word => word.Groups.Values.Skip(1).First(group => group.Success).Value)
            .Skip(1).ToList();
        var request = new HttpRequestMessage();
        var verb = HttpMethod.Get;
        for (var i = 0; i < words.Count; i++)
        {
            switch (words[i])
            {
                case "-X":
                    verb = new(words[++i]);
                    break;
                case "--json":
                    verb = verb == HttpMethod.Get ? HttpMethod.Post : verb;
                    request.Content = new StringContent(words[++i], new MediaTypeHeaderValue("application/json"));
                    break;
                case var url when url.StartsWith(Address, StringComparison.Ordinal):
                    request.RequestUri = new(url[Address.Length..], UriKind.Relative);
                    break;
                case var unknown:
                    throw new NotSupportedException($"{unknown} in {command}");
            }
        }

        request.Method = verb;
        return request;
    }
}
