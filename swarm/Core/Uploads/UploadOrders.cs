using System.Collections.Immutable;

namespace Swarm.Core;

/// <summary>Every order of uploads, by name.</summary>
public static class UploadOrders
{
    public static ImmutableArray<IUploadOrder> All { get; } = [new FairOrder(), new DeadlineOrder()];

    /// <exception cref="ArgumentException">There is none of that name.</exception>
    public static IUploadOrder Find(string name) =>
        All.FirstOrDefault(order => order.Name == name) ?? throw new ArgumentException($"no order of uploads is called '{name}'", nameof(name));
}
