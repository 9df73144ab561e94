using System.Text.RegularExpressions;
using ConnectionStateService.Tests.Support;
using Proto = ConnectionStateService.V1;
using Pure = ConnectionStateService.Core;

namespace ConnectionStateService.Tests.Rpc;

/// <summary>Enums are cast between the core and the protos, so their names and numbers must be equal.</summary>
public sealed class WireNumbersTests
{
    public static TheoryData<Type, Type> Pairs => new()
    {
        { typeof(Pure.Provider), typeof(Proto.Provider) },
        { typeof(Pure.State), typeof(Proto.Connection.Types.State) },
        { typeof(Pure.Cause), typeof(Proto.Cause) },
        { typeof(Pure.Trigger), typeof(Proto.Trigger) },
        { typeof(Pure.Signal), typeof(Proto.Signal) },
        { typeof(Pure.Plan), typeof(Proto.Plan) },
        { typeof(Pure.PageRole), typeof(Proto.PageRole) },
        { typeof(Pure.Eligibility), typeof(Proto.Candidate.Types.Eligibility) },
        { typeof(Pure.Health), typeof(Proto.Health) },
        { typeof(Pure.EvidenceSource), typeof(Proto.Evidence.Types.Source) },
        { typeof(Pure.SignalStrength), typeof(Proto.SignalStrength) },
        { typeof(Pure.ProviderObject), typeof(Proto.ProviderObject) },
        { typeof(Pure.SessionStep), typeof(Proto.ConnectSession.Types.Step) },
        { typeof(ConnectionStateService.Merchants.SignalResult), typeof(Proto.SignalOutcome.Types.Result) },
        { typeof(ConnectionStateService.Watch.SnapshotReason), typeof(Proto.SnapshotReason) },
    };

    [Theory]
    [MemberData(nameof(Pairs))]
    public void Core_and_proto_enums_have_the_same_names_and_numbers(Type core, Type wire) =>
        Assert.Equal(Values(core).Where(v => v.Number != 0), Values(wire).Where(v => v.Number != 0));

    [Theory]
    [MemberData(nameof(Pairs))]
    public void Zero_is_Unspecified_in_every_proto_enum(Type core, Type wire)
    {
        Assert.NotNull(core);
        Assert.Equal("Unspecified", Enum.GetName(wire, 0));
    }

    [Theory]
    [InlineData(Pure.SessionStep.ChoosePage, "CHOOSE_PAGE")]
    [InlineData(Pure.State.Connected, "CONNECTED")]
    public void ToWireName_spells_values_as_the_protos_do(object value, string told) => Assert.Equal(
        told, value is Pure.SessionStep step ? ConnectionStateService.Rpc.RpcErrors.ToWireName(step) : ConnectionStateService.Rpc.RpcErrors.ToWireName((Pure.State)value));

    [Fact]
    public void Every_enum_cast_in_Rpc_is_compared_here()
    {
        var cast = Directory.EnumerateFiles(Repository.PathOf("src/ConnectionState/Rpc"), "*.cs", SearchOption.AllDirectories)
            .SelectMany(f => Regex.Matches(File.ReadAllText(f), @"\((?:Proto|V1)\.([\w.]+)\)").Select(m => m.Groups[1].Value.Split('.')[^1]));

        Assert.Empty(cast.Except(Pairs.Select(p => p[1]).Cast<Type>().Select(t => t.Name)));
    }

    private static IEnumerable<(int Number, string Name)> Values(Type type) =>
        Enum.GetValues(type).Cast<object>().Select(v => ((int)v, v.ToString()!));
}
