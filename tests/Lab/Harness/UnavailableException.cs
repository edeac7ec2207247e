namespace Swarm.Lab.Harness;

/// <summary>A third-party program cannot be had on this machine now: what needs it is skipped with this reason.</summary>
public sealed class UnavailableException : Exception
{
    public UnavailableException()
    {
    }

    public UnavailableException(string message)
        : base(message)
    {
    }

    public UnavailableException(string message, Exception inner)
        : base(message, inner)
    {
    }
}
