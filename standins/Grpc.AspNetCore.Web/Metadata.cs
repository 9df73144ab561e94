namespace Grpc.AspNetCore.Web;

public interface IGrpcWebEnabledMetadata
{
    bool GrpcWebEnabled { get; }
}

[AttributeUsage(AttributeTargets.Method | AttributeTargets.Class)]
public class EnableGrpcWebAttribute : Attribute, IGrpcWebEnabledMetadata
{
    public bool GrpcWebEnabled => true;
}

[AttributeUsage(AttributeTargets.Method | AttributeTargets.Class)]
public class DisableGrpcWebAttribute : Attribute, IGrpcWebEnabledMetadata
{
    public bool GrpcWebEnabled => false;
}
