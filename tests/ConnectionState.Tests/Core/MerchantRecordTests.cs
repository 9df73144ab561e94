using ConnectionStateService.Core;
using ConnectionStateService.Tests.Support;
using static ConnectionStateService.Tests.Support.TestCommands;

namespace ConnectionStateService.Tests.Core;

/// <summary>The order in which a record keeps connections and sessions.</summary>
public class MerchantRecordTests
{
    private readonly CoreMerchant merchant = new();

    [Theory]
    [InlineData(5, "3 1 2")]
    [InlineData(15, "1 3 2")]
    [InlineData(25, "1 2 3")]
    public void A_connection_is_placed_by_its_order(int order, string expected)
    {
        var (one, two, three) = (Connection(1), Connection(2), Connection(3));
        var record = MerchantRecord.Unknown("m1").With(two with { Order = 20 }).With(one with { Order = 10 });

        Assert.Equal(expected, PagesOf(record.With(three with { Order = order })));
        Assert.Equal(expected, PagesOf(record.With(three with { Order = 99 }).With(three with { Order = order })));
    }

    [Fact]
    public void A_connection_that_keeps_its_order_keeps_its_place()
    {
        var record = MerchantRecord.Unknown("m1").With(Connection(1) with { Order = 10 }).With(Connection(2) with { Order = 20 });

        Assert.Equal("1 2", PagesOf(record.With(Connection(1) with { Order = 10, PageName = "Another name" })));
    }

    [Fact]
    public void A_session_that_ends_becomes_the_newest_and_any_other_keeps_its_place()
    {
        var (first, second) = (merchant.BeginSession(Provider.Facebook), merchant.BeginSession(Provider.Facebook));

        merchant.ExpectChanged(SignIn(first, Pages.Fanpage(1).Offered()));
        Assert.Equal([first, second], Sessions());

        merchant.ExpectChanged(Refuse(first));
        Assert.Equal([second, first], Sessions());

        merchant.ExpectChanged(SignIn(second, Pages.Fanpage(1).Offered()));
        Assert.Equal([second, first], Sessions());

        var ended = merchant.Record.FindSession(first)!;
        var third = merchant.BeginSession(Provider.Facebook);
        Assert.Equal([second, first, third], merchant.Record.With(ended).Sessions.Select(s => s.Id));
    }

    private IEnumerable<string> Sessions() => merchant.Record.Sessions.Select(s => s.Id);

    private static Connection Connection(int number) => StoreSamples.Connected(Pages.Fanpage(number));

    private static string PagesOf(MerchantRecord record) => string.Join(' ', record.Connections.Select(c => Number(c.Page)));

    private static int Number(PageRef page) => Enumerable.Range(1, 3).Single(number => Pages.Fanpage(number) == page);
}
