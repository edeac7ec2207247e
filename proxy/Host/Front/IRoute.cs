namespace Swarm.Proxy.Front;

/// <summary>One form of request the proxy port understands. The first route of the table that matches answers.</summary>
public interface IRoute
{
    string Name { get; }

    bool Matches(FrontRequest request);

    Task HandleAsync(HttpContext context, FrontRequest request);
}
