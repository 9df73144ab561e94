using System.Collections;
using ConnectionStateService.Client;
using ConnectionStateService.Tests.Support;
using ConnectionStateService.V1;
using Google.Protobuf;

namespace ConnectionStateService.Tests.Rpc;

/// <summary>A merchant with a connection and a session in each step, so that requests find what they name.</summary>
internal sealed class FuzzState
{
    private readonly Dictionary<string, string> sessions = [];
    private string merchantId = "";
    private string grantId = "";

    public static async Task<FuzzState> CreateAsync(ConnectionStateClient client, string merchantId)
    {
        var merchant = new ApiMerchant(client, merchantId);
        await client.Plans.SetPlanAsync(new() { MerchantId = merchantId, Plan = Plan.Standard, BoughtPages = 10 });
        var state = new FuzzState
        {
            merchantId = merchantId,
            grantId = (await merchant.ConnectUntilAsync(ApiMerchant.A, expiresAt: null)).GrantId,
        };
        state.sessions[nameof(SubmitAccountRequest)] = (await merchant.BeginAsync(Provider.Facebook)).SessionId;
        var signedIn = await merchant.SignInAsync(await merchant.BeginAsync(Provider.Facebook), ApiMerchant.Offer("page-b"));
        state.sessions[nameof(ChoosePageRequest)] = signedIn.SessionId;
        state.sessions[nameof(GrantRequest)] = (await merchant.RequestAsync(ApiMerchant.C)).SessionId;
        state.sessions[nameof(RefuseRequest)] = (await merchant.RequestAsync(ApiMerchant.D)).SessionId;
        state.sessions[nameof(GetConnectSessionRequest)] = signedIn.SessionId;
        return state;
    }

    /// <summary>Returns the request with what this merchant has.</summary>
    public IMessage Adapt(IMessage sample, string requestId)
    {
        var request = sample.Descriptor.Parser.ParseFrom(sample.ToByteArray());
        Fill(request, sample.Descriptor.Name, $"{sample.Descriptor.Name}-{requestId}");
        if (request is ChoosePageRequest choose)
        {
            choose.PageId = "page-b";
        }

        return request;
    }

    private void Fill(IMessage message, string type, string requestId)
    {
        foreach (var field in message.Descriptor.Fields.InDeclarationOrder())
        {
            var value = field.IsMap ? null : field.Accessor.GetValue(message);
            switch (field.Name)
            {
                case "merchant_id":
                    field.Accessor.SetValue(message, merchantId);
                    break;
                case "session_id":
                    field.Accessor.SetValue(message, sessions[type]);
                    break;
                case "grant_id":
                    field.Accessor.SetValue(message, grantId);
                    break;
                case "request_id":
                    field.Accessor.SetValue(message, requestId);
                    break;
                case "page_id" when message is PageRef page:
                    page.PageId = ApiMerchant.A.PageId;
                    break;
                case "reconnect_page_id":
                    field.Accessor.SetValue(message, ApiMerchant.A.PageId);
                    break;
            }

            foreach (var inner in value is IMessage single ? [single] : value is IList list ? list.OfType<IMessage>() : [])
            {
                Fill(inner, type, requestId);
            }
        }
    }
}
