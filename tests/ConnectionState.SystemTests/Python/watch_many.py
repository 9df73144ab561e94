"""Opens many watches on one channel, which is one connection, then makes a call and prints "answered".

Usage: watch_many.py ADDRESS COUNT. Encodes the requests by hand: each has only a merchant id, which is field 1.
"""
import sys

import grpc

SECONDS = 20


def request(merchant):
    text = merchant.encode()
    return bytes([0x0A, len(text)]) + text


def main(address, count):
    with grpc.insecure_channel(address) as channel:
        watch = channel.unary_stream("/connectionstate.v1.WatchService/WatchPageList")
        get = channel.unary_unary("/connectionstate.v1.PageService/GetPageList")
        watches = []
        for n in range(count):
            watches.append(watch(request(f"merchant-{n}"), timeout=2 * SECONDS))
            next(watches[-1])
        print(f"{len(watches)} watches", flush=True)
        get(request("merchant-0"), timeout=SECONDS)
        print("answered", flush=True)
        for one in watches:
            one.cancel()


main(sys.argv[1], int(sys.argv[2]))
