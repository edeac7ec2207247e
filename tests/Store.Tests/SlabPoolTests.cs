using Swarm.Core;
using Swarm.Testing;

namespace Swarm.Store.Tests;

public sealed class SlabPoolTests
{
    [Fact]
    public void TryRent_AtTheLimit_Refuses()
    {
        using var pool = new SlabPool(2 * SlabPool.SlabBytes);
        var blocks = new List<BlockBuffer>();
        while (pool.TryRent() is { } block)
        {
            blocks.Add(block);
        }

        Assert.Equal(128, blocks.Count);
        Assert.Equal(pool.LimitBytes, pool.RentedBytes);
        Assert.Equal(pool.LimitBytes, pool.AllocatedBytes);
        blocks[5].Release();
        Assert.Same(blocks[5], pool.TryRent());
        blocks.ForEach(b => b.Release());
        Assert.Equal(0, pool.RentedBytes);
    }

    [Fact]
    public void Blocks_DoNotOverlap()
    {
        using var pool = new SlabPool(SlabPool.SlabBytes);
        var blocks = Enumerable.Range(0, 64).Select(_ => pool.TryRent()!).ToList();
        for (var i = 0; i < blocks.Count; i++)
        {
            Assert.Equal(PieceLayout.BlockSize, blocks[i].Memory.Length);
            blocks[i].Span.Fill((byte)i);
        }

        for (var i = 0; i < blocks.Count; i++)
        {
            Assert.Equal(-1, blocks[i].Span.IndexOfAnyExcept((byte)i));
            blocks[i].Release();
        }
    }

    [Fact]
    public void Release_LastOfSeveralOwners_GivesTheBlockBack()
    {
        using var pool = new SlabPool(1);
        var block = pool.TryRent()!;
        block.AddReference();
        block.Release();
        Assert.Equal(PieceLayout.BlockSize, pool.RentedBytes);
        block.Release();
        Assert.Equal(0, pool.RentedBytes);
        Assert.Throws<InvalidOperationException>(block.Release);
        Assert.Throws<InvalidOperationException>(block.AddReference);
        Assert.Equal(0, pool.RentedBytes);
    }

    [Fact]
    public void Outstanding_NamesWhoRented()
    {
        using var pool = new SlabPool(1);
        var block = pool.TryRent()!;
        Assert.Equal([nameof(Outstanding_NamesWhoRented)], pool.Outstanding());
        block.Release();
        Assert.Empty(pool.Outstanding());
    }

    [Fact]
    public void RentAndReturn_AfterWarmUp_AllocateNothing()
    {
        using var pool = new SlabPool(SlabPool.SlabBytes);
        Assert.Equal(0, Allocated.Bytes(() =>
        {
            for (var i = 0; i < 10_000; i++)
            {
                var block = pool.TryRent()!;
                block.AddReference();
                block.Release();
                block.Release();
            }
        }));
    }

    [Fact]
    public void SharedBlocks_ManyThreads_AllComeBackOnce()
    {
        using var pool = new SlabPool(SlabPool.SlabBytes);
        Parallel.For(0, 8, worker =>
        {
            for (var i = 0; i < 5_000; i++)
            {
                if (pool.TryRent() is not { } block)
                {
                    continue;
                }

                block.Span[0] = (byte)worker;
                block.AddReference();
                Assert.Equal((byte)worker, block.Span[0]);
                block.Release();
                block.Release();
            }
        });
        Assert.Equal(0, pool.RentedBytes);
    }
}
