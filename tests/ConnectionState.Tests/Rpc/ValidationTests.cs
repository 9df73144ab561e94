using ConnectionStateService.Client;
using ConnectionStateService.Rpc.Validation;
using ConnectionStateService.Tests.Support;
using ConnectionStateService.V1;
using Google.Protobuf;
using Grpc.Core;

namespace ConnectionStateService.Tests.Rpc;

/// <summary>Every field of every request, spoiled in every way: refused by name, and nothing is stored.</summary>
public sealed class ValidationTests(ServiceFixture fixture) : IClassFixture<ServiceFixture>
{
    public static TheoryData<string> Types => [.. Requests.Good.Select(r => r.Descriptor.Name)];

    [Theory]
    [MemberData(nameof(Types))]
    public void A_good_request_is_good(string type) => Assert.Empty(RequestValidator.Validate(Good(type)));

    [Theory]
    [MemberData(nameof(Types))]
    public async Task Each_wrong_field_is_named(string type)
    {
        foreach (var bad in BadFields.Of(Good(type).Descriptor))
        {
            var request = Good(type);
            bad.Spoil(request);

            var failure = await FailAsync(request);

            Assert.True(
                failure.Violations.Any(v => v.Field == bad.Path),
                $"{type}.{bad.Path}, {bad.What}: {string.Join("; ", failure.Violations)}");
        }
    }

    [Theory]
    [MemberData(nameof(Types))]
    public async Task All_wrong_fields_are_named_at_once(string type)
    {
        var request = Good(type);
        var spoiled = BadFields.Of(request.Descriptor).Where(b => b.What is "empty" or "a line break" or "number 99" or "before 2000")
            .DistinctBy(b => b.Path).ToList();
        spoiled.ForEach(bad => bad.Spoil(request));

        var failure = await FailAsync(request);

        Assert.Equal(spoiled.Select(b => b.Path).Order(), failure.Violations.Select(v => v.Field).Distinct().Order());
    }

    [Fact]
    public async Task Nothing_is_stored_of_a_wrong_request()
    {
        var before = await fixture.Service.Store.ReadAsync("m", CancellationToken.None);
        foreach (var good in Requests.Good.Where(r => r.Descriptor.FindFieldByName("actor") is not null))
        {
            var request = Good(good.Descriptor.Name);
            BadFields.Of(request.Descriptor).Last(b => b.Path is "actor").Spoil(request);
            await Assert.ThrowsAsync<RpcException>(() => Requests.SendAsync(fixture.Service.Client, request));
        }

        var after = await fixture.Service.Store.ReadAsync("m", CancellationToken.None);
        Assert.Equal((before.Record.Revision, before.CommitId), (after.Record.Revision, after.CommitId));
    }

    [Fact]
    public void Every_method_of_the_API_has_a_good_request_here()
    {
        var methods = new[]
        {
            ConnectService.Descriptor, PageService.Descriptor, SignalService.Descriptor, PlanService.Descriptor,
            WatchService.Descriptor,
        }.SelectMany(s => s.Methods);

        Assert.Equal(methods.Select(m => m.InputType.Name).Order(), Requests.Good.Select(r => r.Descriptor.Name).Order());
    }

    [Fact]
    public async Task Of_very_many_wrong_fields_the_first_forty_are_named_and_the_rest_counted()
    {
        var request = (SubmitAccountRequest)Good(nameof(SubmitAccountRequest));
        request.Candidates.Clear();
        request.Candidates.AddRange(Enumerable.Range(0, 500).Select(i => new Candidate { PageId = $"p{i}", Name = "" }));

        var failure = await FailAsync(request);

        Assert.Equal(40, failure.Violations.Count);
        Assert.Contains("460 more", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_message_above_256_KiB_is_refused()
    {
        var request = new ReportProviderErrorRequest { Page = ApiMerchant.A, Message = new string('x', 257 * 1024) };

        var failure = await Assert.ThrowsAsync<RpcException>(
            () => Requests.SendAsync(fixture.Service.Client, request));

        Assert.Equal(StatusCode.ResourceExhausted, failure.StatusCode);
    }

    [Theory]
    [InlineData("Cửa hàng hoa Sen 🌸")]
    [InlineData("<script>alert(1)</script>")]
    public async Task Names_may_be_anything_a_person_can_read(string name)
    {
        var request = (SubmitAccountRequest)Good(nameof(SubmitAccountRequest));
        request.Candidates[0].Name = name;

        var failure = await Assert.ThrowsAsync<RpcException>(
            () => Requests.SendAsync(fixture.Service.Client, request));

        Assert.Equal(ErrorReason.SessionNotFound, failure.GetConnectionStateError().Reason);
    }

    [Fact]
    public void A_name_is_counted_in_characters_not_in_bytes()
    {
        var flowers = string.Concat(Enumerable.Repeat("🌸", 200));

        Assert.Empty(new RequestValidation().Text("name", flowers).Violations);
        Assert.Single(new RequestValidation().Text("name", flowers + "🌸").Violations);
    }

    private static IMessage Good(string type)
    {
        var good = Requests.Good.Single(r => r.Descriptor.Name == type);
        return good.Descriptor.Parser.ParseFrom(good.ToByteArray());
    }

    private async Task<ConnectionStateError> FailAsync(IMessage request)
    {
        var failure = (await Assert.ThrowsAsync<RpcException>(
            () => Requests.SendAsync(fixture.Service.Client, request))).GetConnectionStateError();
        Assert.Equal((StatusCode.InvalidArgument, ErrorReason.InvalidRequest), (failure.StatusCode, failure.Reason));
        return failure;
    }
}
