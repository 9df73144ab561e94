using ConnectionStateService.Core;
using ConnectionStateService.Core.Decisions;
using ConnectionStateService.Rpc.Mapping;
using ConnectionStateService.Rpc.Validation;
using ConnectionStateService.Tests.Support;
using ConnectionStateService.V1;
using FsCheck.Xunit;
using Google.Protobuf;

namespace ConnectionStateService.Tests.Merchants;

/// <summary>A merchant that was exported and imported is the same merchant, whatever happened to it.</summary>
[CommandProperties]
public class ExportProperties
{
    [Property]
    public void A_merchant_is_the_same_after_an_export_and_an_import(CommandSeed[] seeds)
    {
        var merchant = CommandGenerator.Run(seeds, _ => { });
        var exported = JsonParser.Default.Parse<ExportedMerchant>(JsonFormatter.Default.Format(merchant.Record.ToExport()));

        Assert.Empty(ImportValidator.Validate(exported, merchant.Now));
        Assert.Equal(merchant.Record.ToExport(), Import(merchant, exported).ToExport());
    }

    [Property]
    public void A_merchant_that_was_imported_goes_on_as_the_one_that_was_exported(CommandSeed[] seeds)
    {
        var merchant = CommandGenerator.Run(seeds, _ => { });
        var imported = Import(merchant, merchant.Record.ToExport());

        foreach (var seed in seeds)
        {
            // A hold is not exported: the register of the other store gives another one. Sessions that have ended are not exported either.
            var command = CommandGenerator.Next(merchant, seed);
            if (command is Command.ReleasePage || (SessionOf(command) is { } id && merchant.Record.FindSession(id) is { IsOpen: false }))
            {
                continue;
            }

            var now = merchant.Now.AddSeconds(1);
            var (there, here) = (Decider.Decide(merchant.Record, command, now, merchant.Rules), Decider.Decide(imported, command, now, merchant.Rules));

            Assert.Equal(there.GetType(), here.GetType());
            if (there is Decision.Changed expected && here is Decision.Changed actual)
            {
                Assert.Equal(Content(expected.Record), Content(actual.Record));
                Assert.Equal(expected.Changes.Select(change => change.GetType()), actual.Changes.Select(change => change.GetType()));
            }
        }
    }

    private static string? SessionOf(Command command) => command switch
    {
        Command.SubmitAccount c => c.SessionId,
        Command.ChoosePage c => c.SessionId,
        Command.Grant c => c.SessionId,
        Command.Refuse c => c.SessionId,
        _ => null,
    };

    private static MerchantRecord Import(CoreMerchant merchant, ExportedMerchant exported)
    {
        var import = new Command.Import(CoreMerchant.NewOrigin(), exported.ToCore(), IfRevision: 0, "another store");
        var decision = Decider.Decide(MerchantRecord.Unknown(merchant.Record.MerchantId), import, merchant.Now, merchant.Rules);
        return Assert.IsType<Decision.Changed>(decision).Record;
    }

    // Grants get new ids, and a restored page that is lost keeps its evidence.
    private static ExportedMerchant Content(MerchantRecord record)
    {
        var content = record.ToExport();
        content.Revision = 0;
        foreach (var connection in content.Connections)
        {
            (connection.Connection.GrantId, connection.Connection.Revision) = ("", 0);
        }

        return content;
    }
}
