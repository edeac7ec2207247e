namespace Swarm.Proxy.Front;

/// <summary>The front cannot start as configured; the message is the one sentence for the user, the exit code part of the contract.</summary>
public sealed class FrontUnusableException(string sentence, int exitCode) : Exception(sentence)
{
    public int ExitCode => exitCode;
}
