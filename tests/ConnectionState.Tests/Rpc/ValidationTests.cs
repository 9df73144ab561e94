using ConnectionStateService.Client;
using ConnectionStateService.Rpc.Validation;
using ConnectionStateService.Tests.Support;
using ConnectionStateService.V1;
using Google.Protobuf;
using Grpc.Core;

namespace ConnectionStateService.Tests.Rpc;

/// <summary>Every field of every request with every kind of invalid value: the violation names the field, and nothing is stored.</summary>
public sealed class ValidationTests(ServiceFixture fixture) : IClassFixture<ServiceFixture>
{
    public static TheoryData<string> Types => [.. SampleRequests.All.Select(r => r.Descriptor.Name)];

    public static TheoryData<string> TypesWithFields => [.. SampleRequests.All.Where(r => SomeOf(r).Any()).Select(r => r.Descriptor.Name)];

    [Theory]
    [MemberData(nameof(Types))]
    public void A_valid_request_has_no_violations(string type) => Assert.Empty(RequestValidator.Validate(Sample(type)));

    [Theory]
    [MemberData(nameof(Types))]
    public void A_valid_request_builds_no_text(string type)
    {
        // The object that would collect the violations.
        const int Collector = 64;
        var sample = Sample(type);
        RequestValidator.Validate(sample);

        var before = GC.GetAllocatedBytesForCurrentThread();
        RequestValidator.Validate(sample);

        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, Collector);
    }

    [Theory]
    [MemberData(nameof(Types))]
    public async Task Each_invalid_field_is_named_in_a_violation(string type)
    {
        foreach (var field in InvalidFields.Of(Sample(type).Descriptor))
        {
            var request = Sample(type);
            field.Apply(request);

            var failure = await FailAsync(request);

            Assert.True(
                failure.Violations.Any(v => v.Field == field.Path),
                $"{type}.{field.Path}, {field.Problem}: {string.Join("; ", failure.Violations)}");
        }
    }

    [Theory]
    [MemberData(nameof(TypesWithFields))]
    public async Task All_invalid_fields_are_named_at_once(string type)
    {
        var request = Sample(type);
        var fields = SomeOf(request).ToList();
        fields.ForEach(field => field.Apply(request));

        var failure = await FailAsync(request);

        Assert.Equal(fields.Select(b => b.Path).Order(), failure.Violations.Select(v => v.Field).Distinct().Order());
    }

    // One for each field. A problem of each kind that does not depend on other fields.
    private static IEnumerable<InvalidField> SomeOf(IMessage request) => InvalidFields.Of(request.Descriptor)
        .Where(b => b.Problem is "empty" or "a line break" or "number 99" or "before 2000").DistinctBy(b => b.Path);

    [Fact]
    public async Task An_invalid_request_stores_nothing()
    {
        var before = await fixture.Service.Store.ReadAsync("m", CancellationToken.None);
        foreach (var sample in SampleRequests.All.Where(r => r.Descriptor.FindFieldByName("actor") is not null))
        {
            var request = Sample(sample.Descriptor.Name);
            InvalidFields.Of(request.Descriptor).Last(b => b.Path is "actor").Apply(request);
            await Assert.ThrowsAsync<RpcException>(() => SampleRequests.SendAsync(fixture.Service.Client, request));
        }

        var after = await fixture.Service.Store.ReadAsync("m", CancellationToken.None);
        Assert.Equal((before.Record.Revision, before.CommitId), (after.Record.Revision, after.CommitId));
    }

    [Fact]
    public void Every_method_of_the_API_is_covered_by_these_tests()
    {
        var methods = new[]
        {
            ConnectService.Descriptor, PageService.Descriptor, SignalService.Descriptor, PlanService.Descriptor,
            WatchService.Descriptor, FeedService.Descriptor, FleetService.Descriptor, TokenService.Descriptor, MerchantService.Descriptor,
        }.SelectMany(s => s.Methods);

        Assert.Equal(methods.Select(m => m.InputType.Name).Order(), SampleRequests.All.Select(r => r.Descriptor.Name).Order());
    }

    [Fact]
    public async Task A_violation_list_names_the_first_40_fields_and_counts_the_rest()
    {
        var request = (ReportSuccessRequest)Sample(nameof(ReportSuccessRequest));
        request.Successes[0].MerchantId = "";
        request.Successes.AddRange(Enumerable.Repeat(request.Successes[0], 99));

        var failure = await FailAsync(request);

        Assert.Equal(40, failure.Violations.Count);
        Assert.Contains("60 more", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_request_above_256_KiB_fails_with_RESOURCE_EXHAUSTED()
    {
        var request = new ReportProviderErrorRequest { Page = ApiMerchant.A, Message = new string('x', 257 * 1024) };

        var failure = await Assert.ThrowsAsync<RpcException>(
            () => SampleRequests.SendAsync(fixture.Service.Client, request));

        Assert.Equal(StatusCode.ResourceExhausted, failure.StatusCode);
    }

    [Theory]
    [InlineData("Cửa hàng hoa Sen 🌸")]
    [InlineData("<script>alert(1)</script>")]
    public async Task A_name_may_hold_any_printable_text(string name)
    {
        var request = (SubmitAccountRequest)Sample(nameof(SubmitAccountRequest));
        request.Actor = name;

        var failure = await Assert.ThrowsAsync<RpcException>(
            () => SampleRequests.SendAsync(fixture.Service.Client, request));

        Assert.Equal(ErrorReason.SessionNotFound, failure.GetConnectionStateError().Reason);
    }

    [Fact]
    public void The_length_of_a_name_is_counted_in_code_points()
    {
        var name = string.Concat(Enumerable.Repeat("🌸", 200));

        Assert.Empty(new RequestValidation().Text("name", name).Violations);
        Assert.Single(new RequestValidation().Text("name", name + "🌸").Violations);
    }

    private static IMessage Sample(string type)
    {
        var sample = SampleRequests.All.Single(r => r.Descriptor.Name == type);
        return sample.Descriptor.Parser.ParseFrom(sample.ToByteArray());
    }

    private async Task<ConnectionStateError> FailAsync(IMessage request)
    {
        var failure = (await Assert.ThrowsAsync<RpcException>(
            () => SampleRequests.SendAsync(fixture.Service.Client, request))).GetConnectionStateError();
        Assert.Equal((StatusCode.InvalidArgument, ErrorReason.InvalidRequest), (failure.StatusCode, failure.Reason));
        return failure;
    }
}
