namespace Swarm.Store;

/// <summary>What a content has only while its file is open: the file, the states of its blocks, and what is on its way to the disk.</summary>
internal sealed class LiveContent(IBlockFile file, BlockTable blocks)
{
    public IBlockFile File => file;

    public BlockTable Blocks => blocks;

    /// <summary>Blocks with the writer. Under the content's lock.</summary>
    public int InFlight { get; set; }

    /// <summary>Blocks written since the last sync. The writer's; the closing looks whether there are any.</summary>
    public List<int> Unsynced { get; } = [];

    /// <summary>True while something is not on the disk or not in the index. Under the content's lock.</summary>
    public bool IsBusy => InFlight > 0 || Unsynced.Count > 0 || blocks.IsDirty;
}
