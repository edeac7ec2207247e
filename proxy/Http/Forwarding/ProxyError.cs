namespace Swarm.Http;

/// <summary>Error types of RFC 9209 §2.3 that this proxy meets, with the status each suggests.</summary>
public enum ProxyError : byte
{
    None = 0,
    DnsTimeout,
    DnsError,
    DestinationNotFound,
    DestinationUnavailable,
    DestinationIpProhibited,
    DestinationIpUnroutable,
    ConnectionRefused,
    ConnectionTerminated,
    ConnectionTimeout,
    ConnectionReadTimeout,
    ConnectionWriteTimeout,
    ConnectionLimitReached,
    TlsProtocolError,
    TlsCertificateError,
    TlsAlertReceived,
    HttpRequestError,
    HttpRequestDenied,
    HttpResponseIncomplete,
    HttpResponseHeaderSectionSize,
    HttpResponseTransferCoding,
    HttpResponseContentCoding,
    HttpResponseTimeout,
    HttpProtocolError,
    ProxyInternalResponse,
    ProxyInternalError,
    ProxyConfigurationError,
    ProxyLoopDetected,
}

/// <summary>The registered names and recommended statuses.</summary>
public static class ProxyErrorExtensions
{
    public static string Token(this ProxyError error) => Row(error).Token;

    /// <summary>The status RFC 9209 recommends with it.</summary>
    public static int Status(this ProxyError error) => Row(error).Status;

    private static (string Token, int Status) Row(ProxyError error) => error switch
    {
        ProxyError.DnsTimeout => ("dns_timeout", 504),
        ProxyError.DnsError => ("dns_error", 502),
        ProxyError.DestinationNotFound => ("destination_not_found", 500),
        ProxyError.DestinationUnavailable => ("destination_unavailable", 503),
        ProxyError.DestinationIpProhibited => ("destination_ip_prohibited", 502),
        ProxyError.DestinationIpUnroutable => ("destination_ip_unroutable", 502),
        ProxyError.ConnectionRefused => ("connection_refused", 502),
        ProxyError.ConnectionTerminated => ("connection_terminated", 502),
        ProxyError.ConnectionTimeout => ("connection_timeout", 504),
        ProxyError.ConnectionReadTimeout => ("connection_read_timeout", 504),
        ProxyError.ConnectionWriteTimeout => ("connection_write_timeout", 504),
        ProxyError.ConnectionLimitReached => ("connection_limit_reached", 503),
        ProxyError.TlsProtocolError => ("tls_protocol_error", 502),
        ProxyError.TlsCertificateError => ("tls_certificate_error", 502),
        ProxyError.TlsAlertReceived => ("tls_alert_received", 502),
        ProxyError.HttpRequestError => ("http_request_error", 400),
        ProxyError.HttpRequestDenied => ("http_request_denied", 403),
        ProxyError.HttpResponseIncomplete => ("http_response_incomplete", 502),
        ProxyError.HttpResponseHeaderSectionSize => ("http_response_header_section_size", 502),
        ProxyError.HttpResponseTransferCoding => ("http_response_transfer_coding", 502),
        ProxyError.HttpResponseContentCoding => ("http_response_content_coding", 502),
        ProxyError.HttpResponseTimeout => ("http_response_timeout", 504),
        ProxyError.HttpProtocolError => ("http_protocol_error", 502),
        ProxyError.ProxyInternalResponse => ("proxy_internal_response", 500),
        ProxyError.ProxyConfigurationError => ("proxy_configuration_error", 500),
        ProxyError.ProxyLoopDetected => ("proxy_loop_detected", 502),
        _ => ("proxy_internal_error", 500),
    };
}
