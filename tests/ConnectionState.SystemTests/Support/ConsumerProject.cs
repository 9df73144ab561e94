namespace ConnectionStateService.SystemTests.Support;

/// <summary>A web service outside the repository that uses the client packages, its unit tests, and a library for net8.0.</summary>
internal static class ConsumerProject
{
    // The service uses ADO.NET beside the client: the client's namespaces must not hide System.Data.ConnectionState.
    private const string Service = """
        using System.Data;
        using System.Data.Common;
        using ConnectionStateService.Client;
        using ConnectionStateService.V1;
        using Grpc.Core;

        var builder = WebApplication.CreateBuilder(args);
        builder.Services.AddConnectionStateClient(o => o.Actor = "shop").BindConfiguration("ConnectionState");
        builder.Services.AddSingleton<Shop.MessageSender>();
        var app = builder.Build();
        app.MapPost("/messages/{merchantId}/{pageId}", (string merchantId, string pageId, Shop.MessageSender sender) =>
            sender.SendAsync(merchantId, new PageRef { Provider = Provider.Facebook, PageId = pageId }));
        app.Run();

        namespace Shop
        {
            public static class Database
            {
                public static void EnsureOpen(DbConnection connection)
                {
                    if (connection.State != ConnectionState.Open)
                    {
                        connection.Open();
                    }
                }
            }

            /// <summary>Sends a message only through a page that is connected for certain.</summary>
            public sealed class MessageSender(PageService.PageServiceClient pages, IPageListCache cache)
            {
                public async Task<string> SendAsync(string merchantId, PageRef page)
                {
                    try
                    {
                        var list = cache.TryGet(merchantId, out var found) && found.Age < TimeSpan.FromMinutes(1)
                            ? found.PageList
                            : (await pages.GetPageListAsync(new() { MerchantId = merchantId })).PageList;
                        var connection = list.Connections.FirstOrDefault(c => c.Page.Equals(page));
                        return connection is null ? "unknown" : connection.CanSend() ? "sent" : connection.IsLost() ? "lost" : "waiting";
                    }
                    catch (RpcException e) when (e.GetConnectionStateError().IsTransient)
                    {
                        return "later";
                    }
                }
            }
        }
        """;

    private const string Tests = """
        using ConnectionStateService.Client.Testing;
        using ConnectionStateService.V1;
        using Shop;
        using Xunit;

        public class MessageSenderTests
        {
            private static readonly PageRef Page = new() { Provider = Provider.Facebook, PageId = "1" };
            private readonly FakeConnectionState service = new();
            private readonly MessageSender sender;

            public MessageSenderTests()
            {
                service.AddPage("m", Page);
                sender = new MessageSender(service.Client.Pages, service.Cache);
            }

            [Fact]
            public async Task Sends_through_a_connected_page() => Assert.Equal("sent", await sender.SendAsync("m", Page));

            [Fact]
            public async Task Does_not_send_through_a_lost_page()
            {
                service.LosePage("m", Page, Cause.PermissionRevoked);
                Assert.Equal("lost", await sender.SendAsync("m", Page));
                Assert.Empty(service.Requests);
            }

            [Fact]
            public async Task Asks_the_server_when_the_list_is_stale()
            {
                service.MakeStale("m", TimeSpan.FromMinutes(5));
                Assert.Equal("sent", await sender.SendAsync("m", Page));
                Assert.IsType<GetPageListRequest>(Assert.Single(service.Requests));
            }

            [Fact]
            public async Task Sends_later_when_the_server_is_down()
            {
                service.MakeStale("m", TimeSpan.FromMinutes(5));
                service.GoDown();
                Assert.Equal("later", await sender.SendAsync("m", Page));
            }
        }
        """;

    private const string Library = """
        using System.Data;
        using ConnectionStateService.Client;

        public static class Library
        {
            public static bool IsOpen(IDbConnection connection) => connection.State == ConnectionState.Open;

            public static ConnectionStateClient Connect() => new(new ConnectionStateClientOptions { Address = new System.Uri("http://127.0.0.1:5081") });
        }
        """;

    public static void Write(string folder, string version, string packages)
    {
        WriteProject(folder, "Shop", "Microsoft.NET.Sdk.Web", "net10.0", packages, Service, $"""
            <PackageReference Include="ConnectionState.Client" Version="{version}" />
            """);
        WriteProject(folder, "Shop.Tests", "Microsoft.NET.Sdk", "net10.0", packages, Tests, $"""
            <PackageReference Include="ConnectionState.Client.Testing" Version="{version}" />
            <PackageReference Include="Microsoft.NET.Test.Sdk" Version="18.0.1" />
            <PackageReference Include="xunit" Version="2.9.3" />
            <PackageReference Include="xunit.runner.visualstudio" Version="3.1.5" />
            <ProjectReference Include="../Shop/Shop.csproj" />
            """);
        WriteProject(folder, "Library", "Microsoft.NET.Sdk", "net8.0", packages, Library, $"""
            <PackageReference Include="ConnectionState.Client" Version="{version}" />
            """);
        File.WriteAllText(Path.Combine(folder, "Consumer.slnx"), """
            <Solution>
              <Project Path="Shop/Shop.csproj" />
              <Project Path="Shop.Tests/Shop.Tests.csproj" />
              <Project Path="Library/Library.csproj" />
            </Solution>
            """);
    }

    private static void WriteProject(
        string folder, string name, string sdk, string framework, string packages, string code, string references)
    {
        var path = Directory.CreateDirectory(Path.Combine(folder, name)).FullName;
        File.WriteAllText(Path.Combine(path, $"{name}.cs"), code);
        File.WriteAllText(Path.Combine(path, $"{name}.csproj"), $"""
            <Project Sdk="{sdk}">
              <PropertyGroup>
                <TargetFramework>{framework}</TargetFramework>
                <Nullable>enable</Nullable>
                <ImplicitUsings>enable</ImplicitUsings>
                <RestoreAdditionalProjectSources>{packages}</RestoreAdditionalProjectSources>
              </PropertyGroup>
              <ItemGroup>
                {references}
              </ItemGroup>
            </Project>
            """);
    }
}
