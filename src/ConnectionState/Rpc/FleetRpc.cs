using ConnectionStateService.Core;
using ConnectionStateService.Merchants;
using ConnectionStateService.Rpc.Mapping;
using ConnectionStateService.Rpc.Validation;
using ConnectionStateService.Store;
using ConnectionStateService.V1;
using Grpc.Core;
using Microsoft.Extensions.Options;

namespace ConnectionStateService.Rpc;

/// <summary>Implements FleetService: lists, counts, export and import of merchants.</summary>
internal sealed class FleetRpc(MerchantLists lists, MerchantImporter importer, IStoreClock clock, IOptions<Rules> rules) : FleetService.FleetServiceBase
{
    private const int DefaultPageSize = 100;
    private const int DefaultDays = 30;
    private const int MaxPageBytes = 1024 * 1024;

    public override async Task<ListConnectionsResponse> ListConnections(ListConnectionsRequest request, ServerCallContext context)
    {
        var (filter, hash, size) = (request.ToFilter(), request.ListHash(), SizeOf(request.PageSize));
        if (request.Order is ListConnectionsRequest.Types.Order.Merchant)
        {
            var after = PageToken.DecodeMerchant(request.PageToken, hash)?.Id ?? "";
            var page = await lists.ListByMerchantAsync(filter, after, size, context.CancellationToken);
            return ToResponse(page, page.Next is { } next ? PageToken.Encode(hash, next) : "");
        }
        else
        {
            var page = await lists.ListBySinceAsync(filter, PageToken.DecodeLost(request.PageToken, hash), size, context.CancellationToken);
            return ToResponse(page, page.Next is { } next ? PageToken.Encode(hash, next) : "");
        }
    }

    public override async Task<CountConnectionsResponse> CountConnections(CountConnectionsRequest request, ServerCallContext context)
    {
        var counts = await lists.CountAsync(context.CancellationToken);
        var asOf = await clock.GetTimeAsync(context.CancellationToken);
        return new()
        {
            Counts =
            {
                counts.OrderBy(count => count.Key.Provider).ThenBy(count => count.Key.State).ThenBy(count => count.Key.Cause)
                    .Select(count => FleetMapping.ToProto(count.Key, count.Value)),
            },
            AsOf = asOf.ToProto(),
        };
    }

    public override async Task<CountLossesResponse> CountLosses(CountLossesRequest request, ServerCallContext context)
    {
        var asOf = await clock.GetTimeAsync(context.CancellationToken);
        var today = DateOnly.FromDateTime(asOf.UtcDateTime);
        var days = request.Days == 0 ? DefaultDays : request.Days;
        var losses = await lists.CountLossesAsync(today.AddDays(1 - days), today, context.CancellationToken);
        return new()
        {
            Counts =
            {
                losses.OrderBy(loss => loss.Key.Day).ThenBy(loss => loss.Key.Kind.Provider).ThenBy(loss => loss.Key.Kind.State).ThenBy(loss => loss.Key.Kind.Cause)
                    .Select(loss => FleetMapping.ToProto(loss.Key, loss.Value)),
            },
            AsOf = asOf.ToProto(),
        };
    }

    public override async Task<ListMerchantsResponse> ListMerchants(ListMerchantsRequest request, ServerCallContext context)
    {
        var hash = request.ListHash();
        var after = PageToken.DecodeMerchant(request.PageToken, hash)?.Id ?? "";
        var page = await lists.ListMerchantsAsync(
            request.Prefix, after, request.IncludePageList, SizeOf(request.PageSize), context.CancellationToken);
        var (response, size, next) = (new ListMerchantsResponse(), 0, page.Next);
        foreach (var (id, record) in page.Entries)
        {
            var merchant = new ListMerchantsResponse.Types.Merchant { MerchantId = id, PageList = record?.ToPageList(rules.Value) };
            size += merchant.CalculateSize();
            if (size > MaxPageBytes && response.Merchants.Count > 0)
            {
                next = new AfterMerchant(response.Merchants[^1].MerchantId);
                break;
            }

            response.Merchants.Add(merchant);
        }

        response.NextPageToken = next is { } place ? PageToken.Encode(hash, place) : "";
        return response;
    }

    public override async Task<ExportMerchantsResponse> ExportMerchants(ExportMerchantsRequest request, ServerCallContext context)
    {
        var hash = request.ListHash();
        var partitions = request.Partitions.Count == 0 ? Enumerable.Range(0, Partition.Count) : request.Partitions.Distinct().Order();
        var page = await lists.ExportAsync(
            [.. partitions], PageToken.DecodeExported(request.PageToken, hash), SizeOf(request.PageSize), MaxPageBytes, context.CancellationToken);
        var (response, size, next) = (new ExportMerchantsResponse(), 0, page.Next);
        foreach (var (place, record) in page.Entries)
        {
            var merchant = record?.ToExport();
            size += merchant?.CalculateSize() ?? 0;
            if (size > MaxPageBytes && response.Merchants.Count > 0)
            {
                break;
            }

            next = place != page.Entries[^1].Place ? place : page.Next;
            if (merchant is null)
            {
                response.Unreadable.Add(place.Id);
            }
            else
            {
                response.Merchants.Add(merchant);
            }
        }

        response.NextPageToken = next is { } after ? PageToken.Encode(hash, after) : "";
        return response;
    }

    public override async Task<ImportMerchantsResponse> ImportMerchants(ImportMerchantsRequest request, ServerCallContext context)
    {
        var outcomes = await FanOut.RunAsync(request.Items, (item, token) => ImportAsync(item, request, token), context.CancellationToken);
        return new() { Outcomes = { outcomes } };
    }

    private async Task<ImportMerchantsResponse.Types.Outcome> ImportAsync(
        ImportMerchantsRequest.Types.Item item, ImportMerchantsRequest request, CancellationToken cancellationToken)
    {
        var merchantId = item.Merchant.MerchantId;
        var problems = ImportValidator.Validate(item.Merchant, await clock.GetTimeAsync(cancellationToken));
        return problems.IsEmpty
            ? (await importer.ImportAsync(item.ToCommand(request), request.DryRun, cancellationToken)).ToProto(merchantId)
            : new()
            {
                MerchantId = merchantId,
                Result = ImportMerchantsResponse.Types.Result.Invalid,
                Problems = { problems.Select(problem => $"{problem.Field}: {problem.Description}") },
            };
    }

    private static int SizeOf(int pageSize) => pageSize == 0 ? DefaultPageSize : pageSize;

    private static ListConnectionsResponse ToResponse<TPlace>(ListPage<ListedConnection, TPlace> page, string next) where TPlace : struct => new()
    {
        Connections = { page.Entries.Select(FleetMapping.ToProto) },
        NextPageToken = next,
        Unreadable = page.Unreadable,
    };
}
