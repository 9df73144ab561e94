using ConnectionStateService.Rpc;
using Microsoft.AspNetCore.Http;

namespace ConnectionStateService.Tests.Rpc;

public sealed class MetadataSizeTests
{
    private const int Most = MetadataSize.Max - 33;

    [Theory]
    [InlineData("x", Most, 0)]
    [InlineData("x", Most + 1, MetadataSize.Max + 1)]
    [InlineData("x", 10 * Most, (10 * Most) + 33)]
    [InlineData("x-bin", MetadataSize.Max, 0)]
    [InlineData(":path", MetadataSize.Max, 0)]
    [InlineData("accept-encoding", MetadataSize.Max, 0)]
    [InlineData("accept-encoding", 2 * MetadataSize.Max, (2 * MetadataSize.Max) + 47)]
    [InlineData("grpc-timeout", 2 * MetadataSize.Max, (2 * MetadataSize.Max) + 44)]
    public void The_size_is_bounded(string name, int length, int expected)
    {
        var headers = new HeaderDictionary { [name] = new string('x', length) };

        var isExceeded = MetadataSize.IsExceeded(headers, out var size);

        Assert.Equal((expected > 0, expected), (isExceeded, isExceeded ? size : 0));
    }

    [Fact]
    public void Headers_of_the_protocol_are_no_metadata()
    {
        var headers = new HeaderDictionary { ["x"] = new string('x', Most), ["te"] = "trailers", ["content-type"] = "application/grpc" };

        Assert.False(MetadataSize.IsExceeded(headers, out _));
    }
}
