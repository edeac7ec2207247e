using Swarm.Core;

namespace Swarm.Engine.Tests;

public sealed class BlockBitsTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(63)]
    [InlineData(64)]
    [InlineData(65)]
    [InlineData(1_000)]
    public void AnyOperations_AreThoseOfASet(int count)
    {
        var random = new Random(count);
        var bits = new BlockBits(count);
        var set = new SortedSet<int>();
        for (var i = 0; i < 2_000; i++)
        {
            var b = random.Next(count);
            if (random.Next(2) == 0)
            {
                Assert.Equal(set.Add(b), bits.Add(b));
            }
            else
            {
                Assert.Equal(set.Remove(b), bits.Remove(b));
            }

            var from = random.Next(count + 1);
            Assert.Equal(set.Count, bits.Population);
            Assert.Equal(set.Where(x => x >= from).DefaultIfEmpty(-1).First(), bits.Next(from));
        }

        Assert.Equal(set, bits.Runs().SelectMany(r => Enumerable.Range(r.First, r.Count)));
    }

    [Fact]
    public void Runs_OfFullAndEmpty()
    {
        var bits = new BlockBits(130);
        Assert.Empty(bits.Runs());
        for (var b = 0; b < 130; b++)
        {
            bits.Add(b);
        }

        Assert.Equal([new BlockRun(0, 130)], bits.Runs());
    }
}
