using System.Reflection;
using ConnectionStateService.Client;
using ConnectionStateService.Core;

namespace ConnectionStateService.Tests.House;

/// <summary>Who may know whom: Program -> Hosting -> Rpc, Timers; Rpc -> Watch; all -> Store -> Core, and nothing the other way.</summary>
public sealed class ArchitectureTests
{
    private static readonly Assembly Server = typeof(MerchantRecord).Assembly;

    [Fact]
    public void The_core_knows_only_the_framework_and_Stateless() => Check("ConnectionStateService.Core", used =>
        Within(used, "ConnectionStateService.Core") || Within(used, "Stateless") || Within(used, "System") || IsCompilers(used));

    [Theory]
    [InlineData("System.Threading.Tasks")]
    [InlineData("System.IO")]
    [InlineData("System.Net")]
    public void The_core_waits_for_nothing_and_reaches_nothing(string area) =>
        Check("ConnectionStateService.Core", used => !Within(used, area));

    [Fact]
    public void The_core_has_no_clock_and_no_chance()
    {
        string[] forbidden = ["get_Now", "get_UtcNow", "get_Today", "NewGuid", "get_Shared", "GetTimestamp"];
        var used = TypesIn("ConnectionStateService.Core").SelectMany(TypeUses.Members)
            .Where(m => m.DeclaringType is { } type && !Within(type, "ConnectionStateService.Core")).Select(m => m.Name);

        Assert.Empty(used.Intersect(forbidden));
        Check("ConnectionStateService.Core", type => type != typeof(TimeProvider) && type != typeof(Random) && type != typeof(Timer)
            && type != typeof(Thread) && type != typeof(Console));
    }

    [Fact]
    public void The_stores_know_nothing_above_them() => Check("ConnectionStateService.Store", used =>
        !Within(used, "ConnectionStateService.Rpc") && !Within(used, "ConnectionStateService.Timers") && !Within(used, "ConnectionStateService.Hosting")
        && !Within(used, "ConnectionStateService.Watch") && !Within(used, "ConnectionStateService.V1") && !Within(used, "Grpc"));

    [Fact]
    public void The_watch_knows_only_the_stores_and_the_core() => Check("ConnectionStateService.Watch", used =>
        !Within(used, "ConnectionStateService.Rpc") && !Within(used, "ConnectionStateService.Timers") && !Within(used, "ConnectionStateService.Hosting")
        && !Within(used, "ConnectionStateService.V1") && !Within(used, "Grpc"));

    [Fact]
    public void The_timers_and_the_API_do_not_know_each_other()
    {
        Check("ConnectionStateService.Timers", used => !Within(used, "ConnectionStateService.Rpc") && !Within(used, "ConnectionStateService.Hosting")
            && !Within(used, "ConnectionStateService.Watch"));
        Check("ConnectionStateService.Rpc", used => !Within(used, "ConnectionStateService.Timers") && !Within(used, "ConnectionStateService.Hosting"));
    }

    [Fact]
    public void Only_the_embedded_store_names_SQLite() => Check("ConnectionStateService", used => !Within(used, "Microsoft.Data.Sqlite") && !Within(used, "SQLitePCL"),
        except: "ConnectionStateService.Store.Sqlite");

    [Fact]
    public void Only_the_store_on_Redis_names_its_client() => Check("ConnectionStateService", used => !Within(used, "StackExchange"),
        except: "ConnectionStateService.Store.Redis");

    [Theory]
    [InlineData("ConnectionStateService.Store.Sqlite")]
    [InlineData("ConnectionStateService.Store.Redis")]
    public void Only_the_composition_root_chooses_a_store(string store) => Check("ConnectionStateService", used => !Within(used, store),
        except: store, alsoExcept: "ConnectionStateService.Hosting");

    [Fact]
    public void Server_and_client_share_nothing_but_the_protos()
    {
        var client = typeof(ConnectionStateClient).Assembly;

        Assert.DoesNotContain("ConnectionState", client.GetReferencedAssemblies().Select(a => a.Name));
        Assert.DoesNotContain("ConnectionState.Client", Server.GetReferencedAssemblies().Select(a => a.Name));
        Assert.Contains("ConnectionState.Protos", client.GetReferencedAssemblies().Select(a => a.Name));
    }

    [Fact]
    public void The_check_itself_sees_what_bodies_and_signatures_name()
    {
        Assert.Contains(typeof(Task), TypeUses.Of(typeof(Sample)));
        Assert.Contains(typeof(Uri), TypeUses.Of(typeof(Sample)));
        Assert.Contains(typeof(FormatException), TypeUses.Of(typeof(Sample)));
        Assert.Contains(typeof(ObsoleteAttribute), TypeUses.Of(typeof(Sample)));
        Assert.Contains("get_UtcNow", TypeUses.Members(typeof(Sample)).Select(m => m.Name));
    }

    private static void Check(string area, Func<Type, bool> allowed, string? except = null, string? alsoExcept = null)
    {
        var wrong = TypesIn(area)
            .Where(t => (except is null || !Within(t, except)) && (alsoExcept is null || !Within(t, alsoExcept)))
            .SelectMany(type => TypeUses.Of(type).Where(used => !allowed(used)).Select(used => $"{type} names {used}"));
        Assert.Empty(wrong);
    }

    private static List<Type> TypesIn(string area)
    {
        var types = Server.GetTypes().Where(t => Within(t, area)).ToList();
        Assert.NotEmpty(types);
        return types;
    }

    private static bool Within(Type type, string area) =>
        type.Namespace is { } space && (space == area || space.StartsWith(area + ".", StringComparison.Ordinal));

    // What the compiler writes into every assembly, such as the inline arrays behind collection expressions.
    private static bool IsCompilers(Type type) => type.Namespace is null || Within(type, "Microsoft.CodeAnalysis");

    private static class Sample
    {
        public static Task Signature() => Task.CompletedTask;

        public static string Body() => new Uri("http://localhost").Host + DateTime.UtcNow.Second;

        [Obsolete("Shows that attributes are seen.")]
        public static void Catches()
        {
            try
            {
                Body();
            }
            catch (FormatException)
            {
                // Shows that what is caught is seen.
            }
        }
    }
}
