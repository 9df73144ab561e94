using System.Buffers;
using System.IO.Hashing;
using System.Text;
using Google.Protobuf;
using Google.Protobuf.Reflection;
using Proto = ConnectionStateService.V1;

namespace ConnectionStateService.Rpc.Mapping;

/// <summary>
/// Hashes what a request asks for: a request id identifies it. The type counts too, so that an id cannot be reused for another method. The actor, and what
/// the server itself sets in candidates, do not.
/// </summary>
/// <remarks>The hash finds mistakes of callers, so it need not resist attackers.</remarks>
internal static class RequestHash
{
    public static uint Of<T>(T request) where T : class, IMessage<T>, new()
    {
        var meaning = WithoutCaller(request);
        var size = meaning.CalculateSize();
        var buffer = ArrayPool<byte>.Shared.Rent(size);
        try
        {
            var bytes = buffer.AsSpan(0, size);
            meaning.WriteTo(bytes);
            return (uint)XxHash3.HashToUInt64(bytes, RequestType<T>.Seed);
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    private static T WithoutCaller<T>(T request) where T : class, IMessage<T>, new()
    {
        var meaning = request.Clone();
        RequestType<T>.Actor.Accessor.Clear(meaning);
        switch (meaning)
        {
            case Proto.SubmitAccountRequest r:
                foreach (var candidate in r.Candidates)
                {
                    RemoveWhatTheServerSets(candidate);
                }

                break;
            case Proto.ReconnectRequest { Page: { } page }:
                RemoveWhatTheServerSets(page);
                break;
        }

        return meaning;
    }

    private static void RemoveWhatTheServerSets(Proto.Candidate candidate) => (candidate.Eligibility, candidate.Current) = (default, null);

    private static class RequestType<T> where T : class, IMessage<T>, new()
    {
        private static readonly MessageDescriptor Descriptor = new T().Descriptor;

        public static readonly FieldDescriptor Actor = Descriptor.FindFieldByName("actor");

        public static readonly long Seed = (long)XxHash3.HashToUInt64(Encoding.UTF8.GetBytes(Descriptor.FullName));
    }
}
