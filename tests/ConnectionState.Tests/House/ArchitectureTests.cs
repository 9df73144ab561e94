using System.Reflection;
using ConnectionState.Client;
using ConnectionState.Core;

namespace ConnectionState.Tests.House;

/// <summary>Who may know whom: Program -> Hosting -> Rpc, Timers; Rpc -> Watch; all -> Store -> Core, and nothing the other way.</summary>
public sealed class ArchitectureTests
{
    private static readonly Assembly Server = typeof(MerchantRecord).Assembly;

    [Fact]
    public void The_core_knows_only_the_framework_and_Stateless() => Check("ConnectionState.Core", used =>
        Within(used, "ConnectionState.Core") || Within(used, "Stateless") || Within(used, "System") || IsCompilers(used));

    [Theory]
    [InlineData("System.Threading.Tasks")]
    [InlineData("System.IO")]
    [InlineData("System.Net")]
    public void The_core_waits_for_nothing_and_reaches_nothing(string area) =>
        Check("ConnectionState.Core", used => !Within(used, area));

    [Fact]
    public void The_core_has_no_clock_and_no_chance()
    {
        string[] forbidden = ["get_Now", "get_UtcNow", "get_Today", "NewGuid", "get_Shared", "GetTimestamp"];
        var used = TypesIn("ConnectionState.Core").SelectMany(TypeUses.Members)
            .Where(m => m.DeclaringType is { } type && !Within(type, "ConnectionState.Core")).Select(m => m.Name);

        Assert.Empty(used.Intersect(forbidden));
        Check("ConnectionState.Core", type => type != typeof(TimeProvider) && type != typeof(Random) && type != typeof(Timer)
            && type != typeof(Thread) && type != typeof(Console));
    }

    [Fact]
    public void The_stores_know_nothing_above_them() => Check("ConnectionState.Store", used =>
        !Within(used, "ConnectionState.Rpc") && !Within(used, "ConnectionState.Timers") && !Within(used, "ConnectionState.Hosting")
        && !Within(used, "ConnectionState.Watch") && !Within(used, "ConnectionState.V1") && !Within(used, "Grpc"));

    [Fact]
    public void The_watch_knows_only_the_stores_and_the_core() => Check("ConnectionState.Watch", used =>
        !Within(used, "ConnectionState.Rpc") && !Within(used, "ConnectionState.Timers") && !Within(used, "ConnectionState.Hosting")
        && !Within(used, "ConnectionState.V1") && !Within(used, "Grpc"));

    [Fact]
    public void The_timers_and_the_API_do_not_know_each_other()
    {
        Check("ConnectionState.Timers", used => !Within(used, "ConnectionState.Rpc") && !Within(used, "ConnectionState.Hosting")
            && !Within(used, "ConnectionState.Watch"));
        Check("ConnectionState.Rpc", used => !Within(used, "ConnectionState.Timers") && !Within(used, "ConnectionState.Hosting"));
    }

    [Fact]
    public void Only_the_embedded_store_names_SQLite() => Check("ConnectionState", used => !Within(used, "Microsoft.Data.Sqlite") && !Within(used, "SQLitePCL"),
        except: "ConnectionState.Store.Sqlite");

    [Fact]
    public void Only_the_store_on_Redis_names_its_client() => Check("ConnectionState", used => !Within(used, "StackExchange"),
        except: "ConnectionState.Store.Redis");

    [Theory]
    [InlineData("ConnectionState.Store.Sqlite")]
    [InlineData("ConnectionState.Store.Redis")]
    public void Only_the_composition_root_chooses_a_store(string store) => Check("ConnectionState", used => !Within(used, store),
        except: store, alsoExcept: "ConnectionState.Hosting");

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
