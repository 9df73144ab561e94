using Grpc.AspNetCore.Web;

namespace Microsoft.AspNetCore.Builder;

public static class GrpcWebEndpointConventionBuilderExtensions
{
    public static TBuilder EnableGrpcWeb<TBuilder>(this TBuilder builder) where TBuilder : IEndpointConventionBuilder =>
        builder.With(new EnableGrpcWebAttribute());

    public static TBuilder DisableGrpcWeb<TBuilder>(this TBuilder builder) where TBuilder : IEndpointConventionBuilder =>
        builder.With(new DisableGrpcWebAttribute());

    private static TBuilder With<TBuilder>(this TBuilder builder, IGrpcWebEnabledMetadata metadata)
        where TBuilder : IEndpointConventionBuilder
    {
        ArgumentNullException.ThrowIfNull(builder);
        builder.Add(endpoint => endpoint.Metadata.Add(metadata));
        return builder;
    }
}
