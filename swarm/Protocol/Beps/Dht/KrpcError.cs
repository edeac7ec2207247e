namespace Swarm.Protocol;

/// <summary>Why a query was refused (BEP 5).</summary>
public readonly record struct KrpcError(int Code, string Words)
{
    public const int Generic = 201;
    public const int Protocol = 203;
    public const int UnknownMethod = 204;
}
