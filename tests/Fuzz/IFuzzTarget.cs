namespace Swarm.Fuzz;

/// <summary>
/// Something that takes bytes from strangers. It fails by throwing, so a target checks its properties with
/// <see cref="FuzzFailure"/>; whatever else escapes from the code under test is a failure as well.
/// </summary>
public interface IFuzzTarget
{
    /// <summary>The name on the command line.</summary>
    string Name { get; }

    /// <summary>Inputs that mutation starts from; at least one.</summary>
    IReadOnlyList<byte[]> Corpus { get; }

    /// <summary>Tokens of the format, which mutation drops in whole.</summary>
    IReadOnlyList<byte[]> Tokens { get; }

    void Run(ReadOnlyMemory<byte> input);
}
