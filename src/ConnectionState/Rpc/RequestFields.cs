using System.Collections.Concurrent;
using System.Collections.Immutable;
using Google.Protobuf;
using Google.Protobuf.Reflection;

namespace ConnectionStateService.Rpc;

/// <summary>
/// The fields of a request that authorization and limits look at, found by their names in the descriptor: a new request needs no code here.
/// </summary>
internal sealed class RequestFields
{
    private const string MerchantField = "merchant_id";
    private const string ActorField = "actor";

    // The common field of all services. The actor that IssueMerchantToken names is another field: of the token, not of the call.
    private const int ActorNumber = 15;

    private static readonly ConcurrentDictionary<MessageDescriptor, RequestFields> Cached = new();

    private readonly FieldDescriptor? merchant;
    private readonly FieldDescriptor? actor;
    private readonly ImmutableArray<(FieldDescriptor Field, RequestFields Fields)> nested;

    private RequestFields(MessageDescriptor message)
    {
        merchant = message.FindFieldByName(MerchantField);
        actor = message.FindFieldByNumber(ActorNumber) is { Name: ActorField } field ? field : null;
        nested =
        [
            .. message.Fields.InDeclarationOrder().Where(child => child.FieldType == FieldType.Message)
                .Select(child => (Field: child, Fields: new RequestFields(child.MessageType))).Where(child => child.Fields.NamesMerchants),
        ];
    }

    private bool NamesMerchants => merchant is not null || !nested.IsEmpty;

    public static RequestFields Of(IMessage request) => Cached.GetOrAdd(request.Descriptor, message => new RequestFields(message));

    /// <summary>
    /// Whether a request names merchants, and each of them is allowed. One that names none is for all merchants, and so is an entry of a list that
    /// names none.
    /// </summary>
    public bool AllMerchants(IMessage request, Func<string, bool> isAllowed) => Check(request, isAllowed) is true;

    /// <summary>Returns the merchant that a request is about, or null if it names none or several.</summary>
    public string? GetMerchant(IMessage request) => merchant?.Accessor.GetValue(request) as string;

    /// <summary>Sets the actor of a request, if it has one.</summary>
    public void SetActor(IMessage request, string name) => actor?.Accessor.SetValue(request, name);

    /// <summary>Returns the actor that a request names.</summary>
    public string GetActor(IMessage request) => actor?.Accessor.GetValue(request) as string ?? "";

    // Null if the message names no merchant.
    private bool? Check(IMessage message, Func<string, bool> isAllowed)
    {
        bool? result = merchant?.Accessor.GetValue(message) is string { Length: > 0 } named ? isAllowed(named) : null;
        foreach (var (field, fields) in nested)
        {
            foreach (var child in Children(field, message))
            {
                result = result is false ? false : fields.Check(child, isAllowed) ?? (field.IsRepeated ? false : result);
            }
        }

        return result;
    }

    private static IEnumerable<IMessage> Children(FieldDescriptor field, IMessage message) => field.Accessor.GetValue(message) switch
    {
        System.Collections.IList list => list.Cast<IMessage>(),
        IMessage child => [child],
        _ => [],
    };
}
