using ConnectionStateService.Client;

namespace ConnectionStateService.Tests.Client;

public sealed class ChannelDefaultsTests
{
    [Fact]
    public void A_call_is_not_sent_to_where_an_answer_redirects_it()
    {
        using var handler = ChannelDefaults.CreateHandler();

        Assert.False(handler.AllowAutoRedirect);
    }
}
