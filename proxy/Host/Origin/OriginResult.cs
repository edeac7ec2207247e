using System.Diagnostics.CodeAnalysis;

namespace Swarm.Proxy.Origin;

/// <summary>What an origin gave: an answer or an error, never both.</summary>
public readonly struct OriginResult
{
    private OriginResult(OriginAnswer? answer, OriginError? error)
    {
        Answer = answer;
        Error = error;
    }

    public OriginAnswer? Answer { get; }

    public OriginError? Error { get; }

    [MemberNotNullWhen(true, nameof(Answer))]
    [MemberNotNullWhen(false, nameof(Error))]
    public bool IsAnswer => Answer is not null;

    public static OriginResult Of(OriginAnswer answer) => new(answer, null);

    public static OriginResult Of(OriginError error) => new(null, error);
}
