using FsCheck;
using FsCheck.Fluent;

namespace Swarm.Http.Tests;

/// <summary>Generators joined in threes.</summary>
internal static class Gens
{
    public static Gen<(TA A, TB B, TC C)> Three<TA, TB, TC>(Gen<TA> a, Gen<TB> b, Gen<TC> c) =>
        a.SelectMany(x => b.SelectMany(y => c.Select(z => (x, y, z))));
}
