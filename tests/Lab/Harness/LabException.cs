namespace Swarm.Lab.Harness;

/// <summary>The bench itself did not work: a program did not start, a peer did not get ready. The scenario fails with this message.</summary>
public sealed class LabException : Exception
{
    public LabException()
    {
    }

    public LabException(string message)
        : base(message)
    {
    }

    public LabException(string message, Exception inner)
        : base(message, inner)
    {
    }
}
