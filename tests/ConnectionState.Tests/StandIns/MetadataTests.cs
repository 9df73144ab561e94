using Grpc.Core;

namespace ConnectionState.Tests.StandIns;

/// <summary>What the service relies on in gRPC's own types, whoever provides them.</summary>
public class MetadataTests
{
    [Fact]
    public void Keys_are_stored_in_lower_case_and_found_in_any()
    {
        var metadata = new Metadata { { "X-Reason", "QUOTA" } };

        Assert.Equal("x-reason", metadata[0].Key);
        Assert.Equal("QUOTA", metadata.GetValue("X-REASON"));
    }

    [Fact]
    public void The_last_entry_of_a_key_is_the_one_that_is_found()
    {
        var metadata = new Metadata { { "page", "1" }, { "other", "x" }, { "page", "2" } };

        Assert.Equal("2", metadata.GetValue("page"));
        Assert.Equal(["1", "2"], metadata.GetAll("page").Select(entry => entry.Value));
        Assert.Null(metadata.Get("absent"));
    }

    [Fact]
    public void Bytes_belong_to_keys_that_end_in_bin_and_text_to_the_others()
    {
        Assert.Throws<ArgumentException>(() => new Metadata.Entry("details-bin", "text"));
        Assert.Throws<ArgumentException>(() => new Metadata.Entry("details", [1]));

        var entry = new Metadata.Entry("Details-BIN", [1, 2]);
        Assert.True(entry.IsBinary);
        Assert.Equal([1, 2], entry.ValueBytes);
        Assert.Throws<InvalidOperationException>(() => entry.Value);
    }

    [Fact]
    public void The_bytes_of_an_entry_are_its_own()
    {
        byte[] given = [1];
        var entry = new Metadata.Entry("details-bin", given);

        given[0] = 9;
        entry.ValueBytes[0] = 9;

        Assert.Equal([1], entry.ValueBytes);
    }

    [Theory]
    [InlineData("")]
    [InlineData("a b")]
    [InlineData("a:b")]
    [InlineData("schlüssel")]
    public void Keys_hold_letters_digits_dots_hyphens_and_underscores_only(string key) =>
        Assert.Throws<ArgumentException>(() => new Metadata.Entry(key, "value"));

    [Fact]
    public void The_empty_metadata_cannot_be_added_to() =>
        Assert.Throws<InvalidOperationException>(() => Metadata.Empty.Add("key", "value"));

    [Fact]
    public void An_exception_names_its_status()
    {
        var exception = new RpcException(new Status(StatusCode.NotFound, "No such page."));

        Assert.Equal("Status(StatusCode=\"NotFound\", Detail=\"No such page.\")", exception.Message);
        Assert.Equal(StatusCode.NotFound, exception.StatusCode);
        Assert.Empty(exception.Trailers);
    }

    [Fact]
    public void Options_of_a_call_are_changed_in_a_copy()
    {
        var plain = new CallOptions();

        var changed = plain.WithDeadline(DateTime.UnixEpoch).WithHeaders([]).WithWaitForReady();

        Assert.Null(plain.Deadline);
        Assert.Equal(DateTime.UnixEpoch, changed.Deadline);
        Assert.NotNull(changed.Headers);
        Assert.True(changed.IsWaitForReady);
    }
}
