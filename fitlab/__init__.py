"""fitlab"""
