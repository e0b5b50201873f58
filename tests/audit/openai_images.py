"""A script as many have it: the images call of OpenAI's Python SDK, with another address."""

import os
import sys

from openai import OpenAI

client = OpenAI(base_url=f"{sys.argv[1]}/v1", api_key=os.environ["APIMART_API_KEY"])
answer = client.images.generate(
    model="gpt-image-2", prompt="a lighthouse at dusk", size="1024x1024"
)
sys.stdout.write(f"{answer.data[0].url}\n")
