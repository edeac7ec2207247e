namespace Swarm.Mutations;

/// <summary>What became of a mutant.</summary>
public enum Fate
{
    /// <summary>A test turned red, or never ended.</summary>
    Killed,

    /// <summary>Every test stayed green: the rule is not tested.</summary>
    Survived,

    /// <summary>The text to change is not there, or not there once: the code has moved on, and the mutation must follow.</summary>
    OutOfDate,

    /// <summary>The change does not compile, so it shows nothing.</summary>
    DoesNotCompile,
}

/// <summary>What became of a mutant, and the tests that told.</summary>
/// <param name="Red">Names of tests that failed; the first few are enough for a reader.</param>
public sealed record Verdict(Mutation Mutation, Fate Fate, IReadOnlyList<string> Red);
