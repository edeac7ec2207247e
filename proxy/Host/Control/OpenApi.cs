using System.Text;

namespace Swarm.Proxy.Control;

/// <summary>The API's description, as <c>openapi.json</c> beside this file holds it.</summary>
internal static class OpenApi
{
    public static readonly byte[] Document = Encoding.UTF8.GetBytes(Resources.Text("openapi.json"));
}
